//! Newtypes for positions in the tables of a [`crate::Policy`].

use serde::Serialize;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        })*
    };
}

ids! {
    /// A type of entities; 0 is the workspace.
    TypeId
    /// An area.
    AreaId
    /// A role.
    RoleId
    /// A key role of one type.
    KeyRoleId
    /// A license.
    LicenseId
    /// An action.
    ActionId
    /// An obligation.
    ObligationId
    /// A condition.
    ConditionId
    /// An expression.
    ExprId
}

impl TypeId {
    /// The built-in root of the hierarchy.
    pub const WORKSPACE: Self = Self(0);
}
