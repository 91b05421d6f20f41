//! `rolebook-bench`: writes a generated workspace to a folder, or checks one in memory.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use rolebook_bench::measure::{Cold, check, memory};
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
        #[command(flatten)]
        shape: Shape,
        /// Also writes the rules as Cedar policies with their schema, beside each book.
        #[arg(long)]
        cedar: bool,
        /// The folder, made where there is none.
        out: PathBuf,
    },
    /// Checks such books in memory, one after the other, and tells what took how long.
    Check {
        #[command(flatten)]
        shape: Shape,
    },
}

fn main() -> ExitCode {
    match Args::parse().command {
        Command::Gen { shape, cedar, out } => {
            let workspace = generate(&shape);
            for book in &workspace {
                if let Err(error) = write(&out, book, cedar) {
                    eprintln!("{}: {error}", out.join(&book.folder).display());
                    return ExitCode::from(2);
                }
            }
            println!("{}", size(&workspace));
            ExitCode::SUCCESS
        }
        Command::Check { shape } => {
            let workspace = generate(&shape);
            println!("{}", size(&workspace));
            let mut all = Cold::default();
            for index in 0..workspace.len() {
                all.add(check(&workspace, index).1);
            }
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            println!(
                "{:.0} ms: compiling {:.0}, tests {:.0}, assertions {:.0}; {:.0} MiB; {} wrong, {} warnings",
                ms(all.total()),
                ms(all.compile),
                ms(all.tests),
                ms(all.claims),
                memory().1,
                all.wrong,
                all.warnings
            );
            if all.wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

fn size(workspace: &[GeneratedBook]) -> String {
    let count = |of: fn(&GeneratedBook) -> usize| workspace.iter().map(of).sum::<usize>();
    format!(
        "{} books, {} files, {} items, {} rules",
        workspace.len(),
        count(|book| book.files.len() - 1),
        count(|book| book.items),
        count(|book| book.rules)
    )
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
