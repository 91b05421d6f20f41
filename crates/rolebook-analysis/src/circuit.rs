//! Propositions: and-inverter circuits with equal parts shared, decided by a SAT solver under assumptions.
//!
//! Two things that were built alike are one [`Bit`], so much is decided without asking the solver. The clauses of a node are
//! made when it is first asked about (Tseitin, *On the complexity of derivation in propositional calculus*, 1968).

use std::cell::Cell;
use std::rc::Rc;

use batsat::{BasicSolver, SolverInterface as _, lbool};
use rustc_hash::FxHashMap;

/// A proposition of a [`Circuit`]; the lowest bit says whether it is negated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bit(u32);

impl Bit {
    pub(crate) const FALSE: Self = Self(0);
    pub(crate) const TRUE: Self = Self(1);

    fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }
}

impl std::ops::Not for Bit {
    type Output = Self;

    fn not(self) -> Self {
        Self(self.0 ^ 1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    False,
    Input,
    And(Bit, Bit),
}

/// What the solver says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is an assignment; [`Circuit::value`] reads it.
    Model,
    /// There is none.
    Nothing,
    /// It gave up.
    GaveUp,
}

/// So often the solver looks up before it gives up, the oftener the smaller the circuit: more than any book needs, and an end
/// for a hostile one.
const PATIENCE: std::ops::RangeInclusive<u64> = 8_000..=100_000;

/// What a look costs grows with the nodes of the circuit: so many nodes are looked at, within those bounds.
const WORK: u64 = 400_000_000;

/// The propositions, and the solver that holds the clauses of those that were asked about.
pub(crate) struct Circuit {
    nodes: Vec<Node>,
    known: FxHashMap<(Bit, Bit), Bit>,
    solver: BasicSolver,
    /// The solver's variable of each node.
    variables: Vec<Option<batsat::Var>>,
    model: Vec<lbool>,
    /// How often the solver may still look up.
    left: Rc<Cell<u64>>,
    /// The number of searches that were given up.
    given_up: u32,
}

impl Circuit {
    pub(crate) fn new() -> Self {
        let left = Rc::new(Cell::new(0_u64));
        let mut callbacks = batsat::BasicCallbacks::new();
        let counter = left.clone();
        callbacks.set_stop(move || {
            counter.set(counter.get().saturating_sub(1));
            counter.get() == 0
        });
        let solver = BasicSolver::new(batsat::SolverOpts::default(), callbacks);
        Self {
            nodes: vec![Node::False],
            known: FxHashMap::default(),
            solver,
            variables: vec![None],
            model: vec![],
            left,
            given_up: 0,
        }
    }

    /// A proposition that may be true or false.
    pub(crate) fn input(&mut self) -> Bit {
        self.add(Node::Input)
    }

    fn add(&mut self, node: Node) -> Bit {
        self.nodes.push(node);
        self.variables.push(None);
        Bit(((self.nodes.len() - 1) as u32) << 1)
    }

    pub(crate) fn and(&mut self, a: Bit, b: Bit) -> Bit {
        let (a, b) = (a.min(b), a.max(b));
        if a == Bit::FALSE || a == !b {
            return Bit::FALSE;
        }
        if a == Bit::TRUE || a == b {
            return b;
        }
        if let Some(bit) = self.known.get(&(a, b)) {
            return *bit;
        }
        let bit = self.add(Node::And(a, b));
        self.known.insert((a, b), bit);
        bit
    }

    pub(crate) fn or(&mut self, a: Bit, b: Bit) -> Bit {
        !self.and(!a, !b)
    }

    /// All of them; parts in any order give the same proposition.
    pub(crate) fn all(&mut self, bits: impl IntoIterator<Item = Bit>) -> Bit {
        let mut bits: Vec<Bit> = bits.into_iter().collect();
        bits.sort_unstable();
        bits.dedup();
        bits.into_iter().fold(Bit::TRUE, |all, bit| self.and(all, bit))
    }

    /// Any of them.
    pub(crate) fn any(&mut self, bits: impl IntoIterator<Item = Bit>) -> Bit {
        let negated: Vec<Bit> = bits.into_iter().map(|bit| !bit).collect();
        !self.all(negated)
    }

    /// Says once and for all that one of `bits` is true.
    pub(crate) fn require(&mut self, bits: &[Bit]) {
        if bits.contains(&Bit::TRUE) {
            return;
        }
        let mut clause: Vec<batsat::Lit> = Vec::new();
        for bit in bits.iter().filter(|bit| **bit != Bit::FALSE) {
            let literal = self.literal(*bit);
            clause.push(literal);
        }
        self.solver.add_clause_reuse(&mut clause);
    }

    /// Says once and for all that at most one of `bits` is true.
    pub(crate) fn require_at_most_one(&mut self, bits: &[Bit]) {
        for (index, a) in bits.iter().enumerate() {
            for b in bits.iter().skip(index + 1) {
                self.require(&[!*a, !*b]);
            }
        }
    }

    /// Says once and for all that both are true or neither is.
    pub(crate) fn require_equal(&mut self, a: Bit, b: Bit) {
        self.require(&[!a, b]);
        self.require(&[a, !b]);
    }

    /// Looks for an assignment that makes all `bits` true.
    pub(crate) fn solve(&mut self, bits: &[Bit]) -> Found {
        if bits.contains(&Bit::FALSE) {
            return Found::Nothing;
        }
        let mut assumptions: Vec<batsat::Lit> = Vec::new();
        for bit in bits.iter().filter(|bit| **bit != Bit::TRUE) {
            let literal = self.literal(*bit);
            assumptions.push(literal);
        }
        let patience = (WORK / self.nodes.len() as u64).clamp(*PATIENCE.start(), *PATIENCE.end());
        // Where searches were given up, others of the same will be.
        self.left.set(patience >> self.given_up.min(4));
        let answer = self.solver.solve_limited(&assumptions);
        if answer == lbool::TRUE {
            self.model = self.solver.get_model().to_vec();
            Found::Model
        } else if answer == lbool::FALSE {
            Found::Nothing
        } else {
            self.given_up += 1;
            Found::GaveUp
        }
    }

    /// The value in the last model; what the solver never saw is false.
    pub(crate) fn value(&self, bit: Bit) -> bool {
        let variable = self.variables.get(bit.node()).copied().flatten();
        let value = variable.and_then(|variable| self.model.get(variable.idx() as usize));
        (value == Some(&lbool::TRUE)) != bit.is_negated()
    }

    /// The values of all `bits` in the last model, also of those that the solver never saw, where what is free is false. Only of
    /// what was built before that model was looked for: what is required since need not hold in it.
    pub(crate) fn values(&self, bits: &[Bit]) -> Vec<bool> {
        let end = bits.iter().map(|bit| bit.node() + 1).max().unwrap_or(0);
        let mut values: Vec<bool> = Vec::with_capacity(end);
        let of = |values: &[bool], bit: Bit| values[bit.node()] != bit.is_negated();
        for (node, variable) in self.nodes.iter().zip(&self.variables).take(end) {
            let known = variable.and_then(|variable| self.model.get(variable.idx() as usize));
            values.push(match (known, node) {
                (Some(known), _) => *known == lbool::TRUE,
                (None, Node::False | Node::Input) => false,
                (None, Node::And(a, b)) => of(&values, *a) && of(&values, *b),
            });
        }
        bits.iter().map(|bit| of(&values, *bit)).collect()
    }

    fn literal(&mut self, bit: Bit) -> batsat::Lit {
        // Children come before their parents, but not all of them are asked about: a stack, since circuits are deep.
        let mut stack = vec![bit.node()];
        while let Some(node) = stack.last().copied() {
            if self.variables[node].is_some() {
                stack.pop();
                continue;
            }
            let Node::And(a, b) = self.nodes[node] else {
                let variable = self.solver.new_var_default();
                if self.nodes[node] == Node::False {
                    self.solver.add_clause_reuse(&mut vec![batsat::Lit::new(variable, false)]);
                }
                self.variables[node] = Some(variable);
                stack.pop();
                continue;
            };
            let waiting: Vec<usize> =
                [a.node(), b.node()].into_iter().filter(|child| self.variables[*child].is_none()).collect();
            if waiting.is_empty() {
                let (a, b) = (self.known_literal(a), self.known_literal(b));
                let variable = self.solver.new_var_default();
                let this = batsat::Lit::new(variable, true);
                self.solver.add_clause_reuse(&mut vec![!this, a]);
                self.solver.add_clause_reuse(&mut vec![!this, b]);
                self.solver.add_clause_reuse(&mut vec![this, !a, !b]);
                self.variables[node] = Some(variable);
                stack.pop();
            } else {
                stack.extend(waiting);
            }
        }
        self.known_literal(bit)
    }

    fn known_literal(&self, bit: Bit) -> batsat::Lit {
        let variable = self.variables[bit.node()].unwrap_or(batsat::Var::UNDEF);
        batsat::Lit::new(variable, !bit.is_negated())
    }
}

#[cfg(test)]
mod tests {
    use super::{Bit, Circuit, Found};

    #[test]
    fn equal_parts_are_one_and_contradictions_fold() {
        let mut circuit = Circuit::new();
        let (a, b) = (circuit.input(), circuit.input());
        assert_eq!(circuit.and(a, b), circuit.and(b, a));
        assert_eq!(circuit.and(a, !a), Bit::FALSE);
        assert_eq!(circuit.any([a, b, !a]), Bit::TRUE);
        let both = circuit.all([b, a]);
        assert_eq!(circuit.solve(&[both, !a]), Found::Nothing);
        assert_eq!(circuit.solve(&[both]), Found::Model);
        assert!(circuit.value(a) && circuit.value(b) && !circuit.value(!a));
        let free = circuit.input();
        let (neither, some) = (circuit.and(a, free), circuit.or(b, free));
        assert_eq!(circuit.solve(&[both]), Found::Model);
        assert_eq!(circuit.values(&[neither, !neither, some, Bit::TRUE]), [false, true, true, true]);
    }

    #[test]
    fn at_most_one_of_many() {
        let mut circuit = Circuit::new();
        let bits: Vec<Bit> = (0..5).map(|_| circuit.input()).collect();
        circuit.require_at_most_one(&bits);
        assert_eq!(circuit.solve(&[bits[1], bits[3]]), Found::Nothing);
        assert_eq!(circuit.solve(&[bits[3]]), Found::Model);
        let none = circuit.any(bits.clone());
        assert_eq!(circuit.solve(&[!none]), Found::Model);
        circuit.require_equal(bits[0], !bits[1]);
        assert_eq!(circuit.solve(&[!none]), Found::Nothing);
        assert_eq!(circuit.solve(&[none]), Found::Model);
    }
}
