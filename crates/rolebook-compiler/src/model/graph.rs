//! Graphs that must lead nowhere back: types, roles, groups, required actions.

use std::collections::BTreeMap;

use rolebook_diagnostics::{a, rules};
use rolebook_policy::{ActionId, TypeId};
use rolebook_syntax::ast::Member;

use super::Builder;
use crate::declare::Scope;
use crate::items::Spot;
use crate::overlay;

impl Builder<'_, '_> {
    /// The graph of types has no cycle but a type in itself.
    pub(super) fn check_types(&mut self) {
        let edges: Vec<Vec<usize>> = self
            .model
            .policy
            .types
            .iter()
            .enumerate()
            .map(|(index, ty)| {
                ty.parents.iter().map(|parent| parent.ty.index()).filter(|parent| *parent != index).collect()
            })
            .collect();
        let spots: Vec<Spot> = self
            .model
            .policy
            .types
            .iter()
            .map(|ty| self.model.names.spot(&Scope::Types, &ty.name).unwrap_or_default())
            .collect();
        self.check_depth(&edges, "types sit in one another", &spots);
        for cycle in cycles(&edges) {
            let names: Vec<String> = cycle.iter().map(|index| self.model.policy.types[*index].name.clone()).collect();
            let spots: Vec<(Spot, &str)> = names
                .iter()
                .filter_map(|name| self.model.names.spot(&Scope::Types, name))
                .map(|spot| (spot, "sits in the next one"))
                .collect();
            let message = format!("types sit in one another in a circle: {}", ring(&names, " in "));
            self.sink.report(self.items, &rules::CYCLE, message, &spots, "take one of these parents away");
            // Nothing after this may follow the circle.
            for index in cycle {
                self.model.policy.types[index].parents.clear();
                self.model.broken.insert(TypeId(index as u32));
            }
        }
    }

    pub(super) fn check_roles(&mut self) {
        let edges: Vec<Vec<usize>> =
            self.model.policy.roles.iter().map(|role| role.includes.iter().map(|id| id.index()).collect()).collect();
        for cycle in cycles(&edges) {
            let names: Vec<String> = cycle.iter().map(|index| self.model.policy.roles[*index].name.clone()).collect();
            let label = if cycle.len() == 1 { "leads back to itself" } else { "includes the next one" };
            let spots: Vec<(Spot, &str)> = cycle.iter().map(|index| (self.model.role_spots[*index], label)).collect();
            let message = match names.as_slice() {
                [one] => format!("the role `{one}` includes itself"),
                _ => format!("roles include one another in a circle: {}", ring(&names, " includes ")),
            };
            self.sink.report(self.items, &rules::CYCLE, message, &spots, "take one of these `includes` away");
        }
    }

    /// A group with a dot may look like an action, but not like one that there is.
    pub(super) fn check_groups(&mut self) {
        let mut taken = Vec::new();
        for ((owner, verb), action) in &self.model.names.actions {
            let name = format!("{}.{verb}", self.model.policy.owner_name(*owner));
            let former = || Some(self.model.names.former(&Scope::Groups, &name)?.spot);
            if let Some(spot) = self.model.names.spot(&Scope::Groups, &name).or_else(former) {
                taken.push((name, spot, self.model.action_spots[action.index()]));
            }
        }
        for (name, group, action) in taken {
            if self.items.is_below(group.item, action.item) || self.items.is_below(action.item, group.item) {
                let (here, there) = if group > action { (group, action) } else { (action, group) };
                overlay::refuse_name(self.items, self.sink, &name, here, there, "declared there");
                self.model.names.groups.remove(&name);
                continue;
            }
            let message = format!("`{name}` is the name of a group and of an action");
            let labels = [(group, "the group"), (action, "the action")];
            self.sink.report(self.items, &rules::DUPLICATE_NAME, message, &labels, "give the group another name");
            self.model.names.groups.remove(&name);
            if let Some(former) = self.model.names.former.get_mut(&Scope::Groups) {
                former.remove(&name);
            }
        }
    }

    /// An action is asked of the same places as those that it requires.
    pub(super) fn check_required_places(&mut self) {
        for (at, owner, members, _) in self.each_owner() {
            let lines = members.iter().filter_map(|member| match member {
                Member::Actions(actions) => Some(actions),
                _ => None,
            });
            for line in lines {
                for (name, action) in
                    line.requires.iter().flat_map(|name| line.actions.iter().map(move |action| (name, action)))
                {
                    let names = &self.model.names;
                    let find = |verb: &str| {
                        let verb = names.today(&Scope::Actions(owner), verb).to_owned();
                        names.actions.get(&(owner, verb)).copied()
                    };
                    let (Some(needed), Some(needing)) = (find(&name.text), find(&action.name.text)) else { continue };
                    let needed = &self.model.policy.actions[needed.index()].places;
                    if self.model.policy.actions[needing.index()].places.iter().all(|place| needed.contains(place)) {
                        continue;
                    }
                    let message = format!("`{}` is not asked of the same thing", name.text);
                    let help = "a required action is asked of the same resource";
                    self.invalid(message, at, name.span, "asked of another place", help);
                }
            }
        }
    }

    /// Actions of gates and `requires` take no arguments and lead nowhere back.
    pub(super) fn check_requirements(&mut self) {
        let mut wanted: BTreeMap<ActionId, &str> = BTreeMap::new();
        for ty in &self.model.policy.types {
            wanted.extend(ty.gates.iter().map(|gate| (gate.action, "the action of a gate takes no arguments")));
        }
        for action in &self.model.policy.actions {
            wanted.extend(action.requires.iter().map(|id| (*id, "a required action takes no arguments")));
        }
        for (id, message) in wanted {
            let action = &self.model.policy.actions[id.index()];
            if !action.arguments.is_empty() {
                let spot = self.model.action_spots[id.index()];
                let help = "there is nobody to give them: use another action";
                self.sink.report(self.items, &rules::INVALID_DECLARATION, message, &[(spot, "has arguments")], help);
            }
        }
        for (index, ty) in self.model.policy.types.clone().iter().enumerate() {
            for gate in &ty.gates {
                let action = &self.model.policy.actions[gate.action.index()];
                if action.places != [TypeId(index as u32)] || action.on_place {
                    let spot = self.model.action_spots[gate.action.index()];
                    let message = format!("the gate `{}` is not asked of {} itself", action.name, a(&ty.name));
                    let help = "a gate asks whether one may do its action on the place";
                    self.sink.report(
                        self.items,
                        &rules::INVALID_DECLARATION,
                        message,
                        &[(spot, "has another `on`")],
                        help,
                    );
                }
            }
        }
        let edges: Vec<Vec<usize>> = self
            .model
            .policy
            .actions
            .iter()
            .map(|action| {
                // What is asked of a place passes the gates of that place.
                let places = action.places.iter().filter(|_| action.on_place);
                let gates = places.flat_map(|ty| &self.model.policy.types[ty.index()].gates);
                action.requires.iter().chain(gates.map(|gate| &gate.action)).map(|id| id.index()).collect()
            })
            .collect();
        self.check_depth(&edges, "actions require one another", &self.model.action_spots.clone());
        for cycle in cycles(&edges) {
            let names: Vec<String> =
                cycle.iter().map(|index| self.model.policy.action_name(ActionId(*index as u32))).collect();
            let spots: Vec<(Spot, &str)> =
                cycle.iter().map(|index| (self.model.action_spots[*index], "requires the next one")).collect();
            let message = format!("actions require one another in a circle: {}", ring(&names, " requires "));
            self.sink.report(self.items, &rules::CYCLE, message, &spots, "take one of these `requires` away");
        }
    }

    /// Reports the first thing from which a chain goes further than anybody follows; whether there is one.
    pub(super) fn check_depth(&mut self, edges: &[Vec<usize>], what: &str, spots: &[Spot]) -> bool {
        let depths = depths(edges);
        let Some(index) = depths.iter().position(|depth| *depth > MAX_DEPTH) else { return false };
        let message = format!("{what} more than {MAX_DEPTH} deep from here");
        let labels: Vec<(Spot, &str)> =
            spots.get(index).map(|spot| (*spot, "the chain begins here")).into_iter().collect();
        self.sink.report(self.items, &rules::TOO_DEEP, message, &labels, "nobody can follow it: leave steps out");
        true
    }
}

/// Chains of types and of required actions may be this long: deciding follows them.
const MAX_DEPTH: usize = 64;

/// The length of the longest chain from each node; of a node in a cycle, a part of it. With an explicit stack, in time
/// proportional to nodes and edges.
fn depths(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut depth: Vec<Option<usize>> = vec![None; edges.len()];
    let mut open = vec![false; edges.len()];
    for start in 0..edges.len() {
        let mut stack = vec![(start, 0_usize)];
        while let Some((node, next)) = stack.last_mut() {
            let node = *node;
            if depth[node].is_some() {
                stack.pop();
                continue;
            }
            open[node] = true;
            match edges[node].get(*next).copied() {
                Some(target) => {
                    *next += 1;
                    if depth[target].is_none() && !open[target] {
                        stack.push((target, 0));
                    }
                }
                None => {
                    depth[node] = Some(1 + edges[node].iter().filter_map(|target| depth[*target]).max().unwrap_or(0));
                    stack.pop();
                }
            }
        }
    }
    depth.into_iter().map(|depth| depth.unwrap_or(0)).collect()
}

pub(crate) fn ring(names: &[String], word: &str) -> String {
    let mut shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    if names.len() > 8 {
        shown.push("…".into());
    }
    shown.extend(names.first().map(|name| format!("`{name}`")));
    shown.join(word)
}

/// One cycle for each strongly connected part of a graph, in order of its least node. Depth-first with an explicit
/// stack, so a long chain is no deep recursion; time in proportion to nodes and edges.
pub(crate) fn cycles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; edges.len()];
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut reported = vec![false; edges.len()];
    for start in 0..edges.len() {
        if state[start] != State::New {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        state[start] = State::Open;
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some(target) = edges[node].get(*next).copied() else {
                state[node] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            match state[target] {
                State::Done => {}
                State::New => {
                    state[target] = State::Open;
                    path.push((target, 0));
                }
                State::Open => {
                    let from = path.iter().position(|(node, _)| *node == target).unwrap_or(0);
                    let cycle: Vec<usize> = path[from..].iter().map(|(node, _)| *node).collect();
                    if cycle.iter().all(|node| !reported[*node]) {
                        for node in &cycle {
                            reported[*node] = true;
                        }
                        found.push(cycle);
                    }
                }
            }
        }
    }
    found
}
