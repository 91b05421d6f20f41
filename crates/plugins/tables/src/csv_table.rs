//! Matrices as CSV: one row an action, cells as written in the language.

use rolebook_plugin::{Plugin, TableStyle, TableWriter};
use rolebook_policy::Policy;

use crate::view::{all, column_id};

/// For scripts and spreadsheets: `matrix,action,title,<column ids…>`, in a book with settings `who,at most` before the ids.
pub(crate) struct Csv;

impl Plugin for Csv {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn summary(&self) -> &'static str {
        "matrices as CSV, cells as written in the language"
    }
}

impl TableWriter for Csv {
    /// One header for all tables: the columns in the order in which they first occur. A table without a column leaves its
    /// field empty.
    fn write(&self, policy: &Policy, _: TableStyle) -> String {
        let views = all(policy);
        let mut columns: Vec<String> = Vec::new();
        for id in views.iter().flat_map(|view| &view.table.columns).map(|column| column_id(policy, column)) {
            if !columns.contains(&id) {
                columns.push(id);
            }
        }
        let words = if policy.settings.is_empty() { &[][..] } else { &["who", "at most"] };
        let mut records: Vec<Vec<String>> = Vec::new();
        let mut header = vec!["matrix".to_owned(), "action".to_owned(), "title".to_owned()];
        header.extend(words.iter().map(|word| (*word).to_owned()));
        header.extend(columns.iter().cloned());
        records.push(header);
        for view in &views {
            let table = view.table;
            for (at, row) in table.rows.iter().enumerate() {
                let mut record = vec![table.title.clone(), row.head(), row.shown_title(policy).to_owned()];
                if !words.is_empty() {
                    let (who, most) = view.written(at).unwrap_or_default();
                    record.extend([who, most.unwrap_or_default()]);
                }
                for wanted in &columns {
                    let index = table.columns.iter().position(|column| column_id(policy, column) == *wanted);
                    let cell = index.and_then(|index| row.cells.get(index));
                    record.push(cell.map_or(String::new(), |cell| cell.text.clone()));
                }
                records.push(record);
            }
        }
        encode(&records)
    }
}

fn encode(records: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        // Writing into memory does not fail.
        let _ = writer.write_record(record);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
