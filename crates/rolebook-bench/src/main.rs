//! `rolebook-bench gen`: writes a generated workspace to a folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rolebook_bench::{GeneratedBook, Shape, generate};

/// Realistic books of any size, to measure with.
#[derive(Parser)]
#[command(name = "rolebook-bench")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes books that check without an error, a folder each.
    Gen {
        /// How many books.
        #[arg(long, default_value_t = 50)]
        books: usize,
        /// How many files, of all books together.
        #[arg(long, default_value_t = 1000)]
        files: usize,
        /// How many items, of all books together.
        #[arg(long, default_value_t = 100_000)]
        items: usize,
        /// Another number gives other books, the same one the same bytes.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Also writes the rules as Cedar policies with their schema, beside each book.
        #[arg(long)]
        cedar: bool,
        /// The folder, made where there is none.
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    let Command::Gen { books, files, items, seed, cedar, out } = Args::parse().command;
    let workspace = generate(&Shape { books, files, items, seed });
    for book in &workspace {
        if let Err(error) = write(&out, book, cedar) {
            eprintln!("{}: {error}", out.join(&book.folder).display());
            return ExitCode::from(2);
        }
    }
    let count = |of: fn(&GeneratedBook) -> usize| workspace.iter().map(of).sum::<usize>();
    println!(
        "{} books, {} files, {} items, {} rules",
        workspace.len(),
        count(|book| book.files.len() - 1),
        count(|book| book.items),
        count(|book| book.rules)
    );
    ExitCode::SUCCESS
}

fn write(out: &Path, book: &GeneratedBook, cedar: bool) -> std::io::Result<()> {
    let folder = out.join(&book.folder);
    std::fs::create_dir_all(&folder)?;
    for (name, text) in &book.files {
        std::fs::write(folder.join(name), text)?;
    }
    if cedar {
        std::fs::write(folder.join("policies.cedar"), &book.cedar_policies)?;
        std::fs::write(folder.join("schema.cedarschema"), &book.cedar_schema)?;
    }
    Ok(())
}
