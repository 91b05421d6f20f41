//! Writers of matrices, settings and ceilings: for a terminal, Markdown, CSV, JSON.

mod csv_table;
mod json;
mod legend;
mod markdown;
mod shown;
mod terminal;
mod view;

use rolebook_plugin::TableWriter;

/// The writers of this family, the default first.
pub static WRITERS: &[&dyn TableWriter] = &[&terminal::Terminal, &markdown::Markdown, &csv_table::Csv, &json::Json];
