//! What decisions look up, worked out once from a policy and facts.
//!
//! Inclusion of roles is closed, containment of rows resolved, names of attributes are positions, whoever stands in the
//! facts is an [`EntityIx`]: a decision tests bits and follows numbers. It shares no code with the reference evaluator, so
//! that a fault in one of them shows as a difference.

mod actions;
mod bits;
mod names;
mod things;
mod ties;
mod types;
mod values;

use std::collections::BTreeMap;

use rolebook_policy::{ActionId, ExprId, Policy, TypeId};

pub(crate) use actions::{ActionRules, KeyRoles, Part, Who};
pub(crate) use bits::Bits;
pub(crate) use names::{Leaf, Member};
pub(crate) use things::{Holdings, Node};
pub(crate) use ties::{Links, Tie};
pub(crate) use types::{ParentRules, TypeRules};
pub(crate) use values::{Held, Item, Thing, held};

use crate::{EntityIx, Facts};

/// The index of a policy and facts.
#[derive(Debug)]
pub(crate) struct Index<'a> {
    /// By action.
    actions: Vec<ActionRules>,
    /// By type.
    types: Vec<TypeRules>,
    /// By entity.
    nodes: Vec<Node<'a>>,
    /// By role: it and all that it includes.
    includes: Vec<Bits>,
    /// By expression.
    leaves: Vec<Leaf<'a>>,
    /// By name of an attribute, and by type: what that is.
    members: Vec<Vec<Member>>,
    /// By quantifier what ties its things.
    ties: BTreeMap<ExprId, Tie>,
    /// How to find things from what they are tied to.
    pub(crate) links: Links,
    /// Whether the facts hold only a part of some type of principals.
    pub(crate) partial_principals: bool,
}

impl<'a> Index<'a> {
    /// Takes time in proportion to the rows times the actions that they share, and to the entities times what lies above
    /// each.
    pub(crate) fn new(policy: &'a Policy, facts: &'a Facts) -> Self {
        let types = types::types(policy);
        let includes = types::includes(policy);
        let nodes = things::nodes(policy, facts, &types, &includes);
        let (leaves, members) = names::leaves(policy, facts);
        let ties = ties::ties(policy);
        let mut index = Self {
            actions: actions::actions(policy),
            types,
            nodes,
            includes,
            leaves,
            members,
            ties,
            links: Links::default(),
            partial_principals: facts.partial_types().any(|ty| policy.is_principal(ty)),
        };
        index.links = Links::new(policy, facts, &index);
        index
    }

    pub(crate) fn action(&self, id: ActionId) -> Option<&ActionRules> {
        self.actions.get(id.index())
    }

    pub(crate) fn ty(&self, id: TypeId) -> Option<&TypeRules> {
        self.types.get(id.index())
    }

    pub(crate) fn node(&self, at: EntityIx) -> Option<&Node<'a>> {
        self.nodes.get(at.0 as usize)
    }

    /// The role and all that it includes.
    pub(crate) fn included(&self, role: rolebook_policy::RoleId) -> Option<&Bits> {
        self.includes.get(role.index())
    }

    pub(crate) fn leaf(&self, id: ExprId) -> Option<&Leaf<'a>> {
        self.leaves.get(id.index())
    }

    /// What ties the things of a quantifier.
    pub(crate) fn tie(&self, quantifier: ExprId) -> Option<&Tie> {
        self.ties.get(&quantifier)
    }

    /// The quantifiers with what ties their things.
    pub(crate) fn ties(&self) -> impl Iterator<Item = (ExprId, &Tie)> {
        self.ties.iter().map(|(id, tie)| (*id, tie))
    }

    /// What the attribute is in things of the type.
    pub(crate) fn member(&self, name: usize, ty: TypeId) -> Member {
        self.members.get(name).and_then(|by_type| by_type.get(ty.index())).copied().unwrap_or(Member::None)
    }
}
