//! Matrices, ceilings and settings in one form: a title, words before the cells, columns, rows.

use rolebook_policy::{Audience, Column, Grantee, Matrix, Policy, Settings};

/// A table as it is written out.
pub(crate) struct View<'p> {
    policy: &'p Policy,
    pub(crate) table: &'p Matrix,
    /// What people see: the title, with the kind of table where it is no matrix.
    pub(crate) title: String,
    settings: Option<&'p Settings>,
}

/// All tables: matrices, then settings, then ceilings.
pub(crate) fn all(policy: &Policy) -> Vec<View<'_>> {
    let view = |table, kind: &str, settings| View { policy, table, title: titled(table, kind), settings };
    let matrices = policy.matrices.iter().map(|table| view(table, "", None));
    let settings = policy.settings.iter().map(|settings| view(&settings.table, "settings", Some(settings)));
    let ceilings = policy.ceilings.iter().map(|table| view(table, "ceiling", None));
    matrices.chain(settings).chain(ceilings).collect()
}

fn titled(table: &Matrix, kind: &str) -> String {
    if kind.is_empty() { table.title.clone() } else { format!("{} ({kind})", table.title) }
}

impl View<'_> {
    /// The heads of the columns that hold words: of settings who, and at most.
    pub(crate) fn word_heads(&self) -> Vec<&'static str> {
        match self.settings {
            Some(settings) if settings.rows.iter().any(|row| row.at_most.is_some()) => vec!["Who", "At most"],
            Some(_) => vec!["Who"],
            None => vec![],
        }
    }

    /// The words of a row, one for each of [`View::word_heads`].
    pub(crate) fn words(&self, row: usize) -> Vec<String> {
        let Some(setting) = self.settings.and_then(|settings| settings.rows.get(row)) else { return vec![] };
        let at_most = setting.at_most.as_ref().map_or(String::new(), |most| titles(self.policy, most));
        let mut words = vec![titles(self.policy, &setting.who), at_most];
        words.truncate(self.word_heads().len());
        words
    }

    /// Who as the language writes it, and at most.
    pub(crate) fn written(&self, row: usize) -> Option<(String, Option<String>)> {
        let setting = self.settings.and_then(|settings| settings.rows.get(row))?;
        Some((setting.text.clone(), setting.at_most.as_ref().map(written)))
    }
}

/// The id of a column: as it is written, and of a license said so.
pub(crate) fn column_id(policy: &Policy, column: &Column) -> String {
    match &column.grantee {
        Grantee::License(id) => {
            format!("license {}", policy.license(*id).map_or(column.text.as_str(), |license| &license.name))
        }
        Grantee::Everyone | Grantee::Members | Grantee::Type(_) | Grantee::Role(_) | Grantee::KeyRole(_) => {
            column.text.clone()
        }
    }
}

/// An audience as the language writes it.
fn written(audience: &Audience) -> String {
    match audience {
        Audience::NoOne => "no one".into(),
        Audience::Only(list) => {
            format!("only {}", list.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(", "))
        }
        Audience::Assigned(_) => "assigned".into(),
        Audience::Members => "members".into(),
        Audience::Everyone => "everyone".into(),
    }
}

/// An audience by the titles that people know.
fn titles(policy: &Policy, audience: &Audience) -> String {
    match audience {
        Audience::Only(list) => {
            let title = |(text, grantee): &(String, Grantee)| match grantee {
                Grantee::Role(id) => policy.role(*id).map_or(text.clone(), |role| role.title.clone()),
                Grantee::KeyRole(holding) => {
                    let first = holding.key_roles.first().and_then(|id| policy.key_role(*id));
                    first.map_or(text.clone(), |key_role| key_role.title.clone())
                }
                Grantee::Everyone | Grantee::Members | Grantee::Type(_) | Grantee::License(_) => text.clone(),
            };
            format!("only {}", list.iter().map(title).collect::<Vec<_>>().join(", "))
        }
        Audience::NoOne | Audience::Assigned(_) | Audience::Members | Audience::Everyone => written(audience),
    }
}
