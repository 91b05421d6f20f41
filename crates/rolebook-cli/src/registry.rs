//! The plugins of this program, by kind. What is listed here is what there is.

use rolebook_plugin::{FactReader, Lint, TableWriter};

/// Readers of facts.
pub(crate) static FACT_READERS: &[&[&dyn FactReader]] = &[rolebook_plugin_facts::READERS];

/// Writers of tables; the first is the default.
pub(crate) static TABLE_WRITERS: &[&[&dyn TableWriter]] = &[rolebook_plugin_tables::WRITERS];

/// Lints.
pub(crate) static LINTS: &[&[&dyn Lint]] = &[rolebook_plugin_lints::LINTS];

pub(crate) fn fact_readers() -> impl Iterator<Item = &'static dyn FactReader> {
    FACT_READERS.iter().copied().flatten().copied()
}

pub(crate) fn table_writers() -> impl Iterator<Item = &'static dyn TableWriter> {
    TABLE_WRITERS.iter().copied().flatten().copied()
}

pub(crate) fn lints() -> impl Iterator<Item = &'static dyn Lint> {
    LINTS.iter().copied().flatten().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{fact_readers, lints, table_writers};

    #[test]
    fn ids_are_unique_within_a_kind_and_every_plugin_has_a_page() {
        let readers: Vec<&str> = fact_readers().map(|reader| reader.id()).collect();
        let writers: Vec<&str> = table_writers().map(|writer| writer.id()).collect();
        let lints: Vec<&str> = lints().map(|lint| lint.id()).collect();
        for ids in [&readers, &writers, &lints] {
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
        }
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plugins");
        for (kind, ids) in [("facts", readers), ("tables", writers), ("lints", lints)] {
            let page = std::fs::read_to_string(docs.join(format!("{kind}.md"))).expect("the page of the family");
            for id in ids {
                assert!(page.contains(&format!("`{id}`")), "docs/plugins/{kind}.md does not speak of `{id}`");
            }
        }
    }
}
