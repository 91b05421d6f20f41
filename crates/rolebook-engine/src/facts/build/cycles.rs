//! Things that sit in one another: never in a circle, never too deep.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{Diagnostic, a, rules};

use super::Builder;
use crate::facts::EntityIx;

/// Entities may sit in one another this deep.
const MAX_DEPTH: usize = 64;

impl Builder<'_> {
    /// Parents must not lead back, nor further than anybody follows.
    pub(super) fn find_cycles(&mut self) {
        // A type nests in itself only, so a cycle stays within one type.
        let mut depth: BTreeMap<EntityIx, usize> = BTreeMap::new();
        let mut on_path: BTreeSet<EntityIx> = BTreeSet::new();
        let mut reported: BTreeSet<EntityIx> = BTreeSet::new();
        for index in 0..self.entities.len() {
            let start = EntityIx(index as u32);
            let mut path: Vec<EntityIx> = Vec::new();
            let mut stack = vec![(start, false)];
            while let Some((at, done)) = stack.pop() {
                let parents: Vec<EntityIx> = match self.entities.get(at.0 as usize) {
                    Some(entity) => entity.parents.get(&entity.ty).cloned().unwrap_or_default(),
                    None => vec![],
                };
                if done {
                    path.pop();
                    on_path.remove(&at);
                    let deepest = parents.iter().filter_map(|parent| depth.get(parent)).max().copied().unwrap_or(0);
                    depth.insert(at, deepest + 1);
                    if deepest == MAX_DEPTH {
                        let (file, span) = self.spot(at);
                        let message = format!("more than {MAX_DEPTH} things stand in one another here");
                        self.wrong(
                            message,
                            &file,
                            span,
                            "the innermost one",
                            "a hierarchy this deep is a mistake in the data",
                        );
                    }
                    continue;
                }
                if on_path.contains(&at) {
                    let from = path.iter().position(|earlier| *earlier == at).unwrap_or(0);
                    let cycle: Vec<EntityIx> = path.iter().skip(from).copied().collect();
                    if cycle.iter().all(|member| reported.insert(*member)) {
                        self.report_cycle(&cycle);
                    }
                    continue;
                }
                if depth.contains_key(&at) {
                    continue;
                }
                path.push(at);
                on_path.insert(at);
                stack.push((at, true));
                stack.extend(parents.into_iter().map(|parent| (parent, false)));
            }
        }
    }

    fn report_cycle(&mut self, cycle: &[EntityIx]) {
        let id =
            |at: &EntityIx| self.entities.get(at.0 as usize).map_or(String::new(), |entity| format!("`{}`", entity.id));
        let mut names: Vec<String> = cycle.iter().take(8).map(id).collect();
        names.extend(cycle.first().map(id));
        let ty = cycle.first().and_then(|at| self.ty(*at)).map_or("thing", |ty| ty.name.as_str()).to_owned();
        let mut diagnostic =
            Diagnostic::new(&rules::PARENT_CYCLE, format!("{} is its own ancestor: {}", a(&ty), names.join(" in ")));
        for at in cycle.iter().take(8) {
            let (file, span) = self.spot(*at);
            diagnostic = diagnostic.label(&file, span, "sits in the next one");
        }
        self.errors.push(diagnostic.help("take one of these parents away"));
    }
}
