//! `can` leads nowhere back: gates, required actions and what conditions ask for with `can` form a graph without circles.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::rules;
use rolebook_policy::{ActionId, Owner, Policy, TypeId};

use crate::items::{Items, Spot};
use crate::model::Model;
use crate::model::graph::ring;
use crate::sink::Sink;
use crate::typing::Calls;

/// One decision may ask for so many others with `can`, those that these ask for included.
const MAX_CALLS: usize = 64;
/// A chain of gates, required actions and `can` may be this long.
const MAX_CHAIN: usize = 512;

/// Reports circles through `can`, and decisions that ask for too much.
pub(crate) fn check(items: &Items<'_>, model: &Model, sink: &mut Sink, calls: &Calls) {
    if calls.is_empty() {
        return;
    }
    let policy = &model.policy;
    let count = policy.actions.len();
    let mut edges: Vec<BTreeSet<usize>> = (0..count).map(|index| before(policy, ActionId(index as u32))).collect();
    for (action, asked) in calls {
        edges[action.index()].extend(asked.keys().map(|id| id.index()));
    }
    if !check_circles(items, model, sink, calls, &edges) {
        check_amount(items, model, sink, calls, &edges);
    }
}

/// The actions that must be allowed before this one: required ones, and the gates on the way to everything that it is asked
/// of.
fn before(policy: &Policy, id: ActionId) -> BTreeSet<usize> {
    let action = &policy.actions[id.index()];
    let mut found: BTreeSet<usize> = action.requires.iter().map(|required| required.index()).collect();
    let made = match action.owner {
        Owner::Type(ty) => policy.ty(ty),
        Owner::Area(_) => None,
    };
    for place in &action.places {
        let steps_out =
            made.is_some_and(|made| made.parents.iter().any(|parent| parent.ty == *place && parent.ungated));
        let is_itself = action.owner == Owner::Type(*place) && !action.on_place;
        let mut seen = BTreeSet::new();
        add_gates(policy, *place, is_itself || steps_out, &mut seen, &mut found);
    }
    found
}

/// The gates of a type and of all above it; its own ones only where they count.
fn add_gates(
    policy: &Policy,
    ty: TypeId,
    ungated: bool,
    seen: &mut BTreeSet<(TypeId, bool)>,
    found: &mut BTreeSet<usize>,
) {
    if !seen.insert((ty, ungated)) {
        return;
    }
    let Some(declared) = policy.ty(ty) else { return };
    if !ungated {
        found.extend(declared.gates.iter().map(|gate| gate.action.index()));
    }
    for parent in &declared.parents {
        add_gates(policy, parent.ty, parent.ungated, seen, found);
    }
}

/// A circle with a `can` in it; one of gates and required actions alone was reported, or goes up a type that nests in itself
/// and ends there.
fn check_circles(items: &Items<'_>, model: &Model, sink: &mut Sink, calls: &Calls, edges: &[BTreeSet<usize>]) -> bool {
    let mut reported: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
    for (action, asked) in calls {
        for target in asked.keys() {
            let Some(way_back) = shortest_way(edges, target.index(), action.index()) else { continue };
            if !reported.insert(way_back.iter().copied().collect()) {
                continue;
            }
            // From the asking action to what it asks for, and on.
            let mut circle = vec![action.index()];
            circle.extend(way_back.iter().copied().filter(|index| *index != action.index()));
            let names: Vec<String> =
                circle.iter().map(|index| model.policy.action_name(ActionId(*index as u32))).collect();
            let mut labels: Vec<(Spot, &str)> = Vec::new();
            for (position, from) in circle.iter().enumerate() {
                let to = circle[(position + 1) % circle.len()];
                let spot = calls.get(&ActionId(*from as u32)).and_then(|asked| asked.get(&ActionId(to as u32)));
                match spot.and_then(BTreeSet::first) {
                    Some(spot) => labels.push((*spot, "asks for the next one")),
                    None => labels.push((model.action_spots[*from], "a gate or `requires` asks for the next one")),
                }
            }
            let message = match names.as_slice() {
                [one] => format!("the decision about `{one}` asks for itself"),
                _ => format!("decisions ask for one another in a circle: {}", ring(&names, " asks for ")),
            };
            let help = "take one step of the circle away: ask for a role, a key role or an attribute instead";
            sink.report(items, &rules::CYCLE, message, &labels, help);
        }
    }
    !reported.is_empty()
}

/// The nodes on a shortest way, both ends included.
fn shortest_way(edges: &[BTreeSet<usize>], from: usize, to: usize) -> Option<Vec<usize>> {
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([from]);
    while let Some(node) = queue.pop_front() {
        if node == to {
            let mut way = vec![node];
            while let Some(before) = way.last().filter(|last| **last != from).and_then(|last| came_from.get(last)) {
                way.push(*before);
            }
            way.reverse();
            return Some(way);
        }
        for next in &edges[node] {
            if *next != from && !came_from.contains_key(next) {
                came_from.insert(*next, node);
                queue.push_back(*next);
            }
        }
    }
    None
}

/// Reports the first decision that asks for more than anybody could follow.
fn check_amount(items: &Items<'_>, model: &Model, sink: &mut Sink, calls: &Calls, edges: &[BTreeSet<usize>]) {
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    for index in 0..edges.len() {
        if amount(calls, edges, index, &mut known, &mut BTreeSet::new()) > MAX_CALLS {
            let id = ActionId(index as u32);
            let own = calls.get(&id).and_then(|asked| asked.values().next()).and_then(BTreeSet::first);
            let spot = own.copied().unwrap_or(model.action_spots[index]);
            let name = model.policy.action_name(id);
            let message = format!("the decision about `{name}` asks for more than {MAX_CALLS} others with `can`");
            let help = "what they ask for counts, too: ask for roles or attributes, or for one decision less";
            sink.report(items, &rules::TOO_DEEP, message, &[(spot, "nobody can follow it")], help);
            return;
        }
    }
}

/// How many decisions one asks for with `can`, on every way there is. The only circles left are gates on the way up a type that
/// nests in itself: `open` holds what is being counted.
fn amount(
    calls: &Calls,
    edges: &[BTreeSet<usize>],
    index: usize,
    known: &mut BTreeMap<usize, usize>,
    open: &mut BTreeSet<usize>,
) -> usize {
    if let Some(amount) = known.get(&index) {
        return *amount;
    }
    if open.len() == MAX_CHAIN {
        return MAX_CALLS + 1;
    }
    if !open.insert(index) {
        return 0;
    }
    let asked = calls.get(&ActionId(index as u32));
    let mut sum = 0_usize;
    for next in &edges[index] {
        let inner = amount(calls, edges, *next, known, open);
        let times = asked.and_then(|asked| asked.get(&ActionId(*next as u32))).map_or(0, BTreeSet::len);
        // A gate or a required action is no `can` itself; what it asks for counts all the same.
        sum = sum.saturating_add(if times == 0 { inner } else { inner.saturating_add(1).saturating_mul(times) });
    }
    open.remove(&index);
    known.insert(index, sum);
    sum
}
