//! Matrices as CSV: one row an action, cells as written in the language.

use rolebook_plugin::{Plugin, TableStyle, TableWriter};
use rolebook_policy::Policy;

/// For scripts and spreadsheets: `matrix,action,title,<column ids…>`.
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
    /// One header for all matrices: the columns in the order in which they first occur. A matrix without a column leaves
    /// its field empty.
    fn write(&self, policy: &Policy, _: TableStyle) -> String {
        let mut columns: Vec<&str> = Vec::new();
        for column in policy.matrices.iter().flat_map(|matrix| &matrix.columns) {
            if !columns.contains(&column.text.as_str()) {
                columns.push(&column.text);
            }
        }
        let mut records: Vec<Vec<String>> = Vec::new();
        let mut header = vec!["matrix".to_owned(), "action".to_owned(), "title".to_owned()];
        header.extend(columns.iter().map(|column| (*column).to_owned()));
        records.push(header);
        for matrix in &policy.matrices {
            for row in &matrix.rows {
                let mut record = vec![matrix.title.clone(), row.head(), row.shown_title(policy).to_owned()];
                for wanted in &columns {
                    let index = matrix.columns.iter().position(|column| column.text == *wanted);
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
