//! Bulk changes as people upload them: a table with a header, as CSV.

use csv::{ReaderBuilder, Trim};
use rolebook_engine::BulkRow;

/// The header and the rows of a CSV file; lines that are empty are left out. An error says what cannot be read, with its line.
pub fn read_bulk(text: &str) -> Result<(Vec<String>, Vec<BulkRow>), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().map_err(|error| error.to_string())?.iter().map(str::to_owned).collect();
    if header.iter().all(String::is_empty) {
        return Err("it is empty: the first line says what the columns are".into());
    }
    let mut rows = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        // What the reader calls a record's place lies before the empty lines that it left out.
        let at = record.position().map_or(counted, |position| position.byte() as usize);
        let blank = text.as_bytes().iter().skip(at).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = at + blank;
        line += text.as_bytes().iter().take(start).skip(counted).filter(|byte| **byte == b'\n').count() as u64;
        counted = start;
        rows.push(BulkRow { line, cells: record.iter().map(str::to_owned).collect() });
    }
    Ok((header, rows))
}

#[cfg(test)]
mod tests {
    use super::read_bulk;

    #[test]
    fn rows_know_their_lines() {
        let (header, rows) =
            read_bulk("\u{feff}account, key_role,holder\r\n\r\n acme ,csm,\"lee\"\nacme,csm\n").unwrap();
        assert_eq!(header, ["account", "key_role", "holder"]);
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(rows[0].cells, ["acme", "csm", "lee"]);
        assert_eq!(rows[1].cells, ["acme", "csm"]);
        assert!(read_bulk("").is_err());
    }
}
