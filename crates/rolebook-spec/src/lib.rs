//! Literate tests: Markdown pages in which a section is a test.
//!
//! - A fence ` ```rolebook [name.rolebook] ` is a file of the section's book (`book.rolebook` where no name stands there);
//!   ` ```yaml rolebook.yaml ` its manifest, which is supplied where there is none; any other named fence is a file beside.
//! - A file `base/NAME.rolebook` belongs to a book that the section's own extends: a manifest that is supplied says
//!   `extends: base`. Other folders are books, too, where a manifest leads to them.
//! - `// error[rule-id]: text` at the end of a line says: here a diagnostic of that rule is reported whose message holds the
//!   text (`#` in YAML). On a line of its own the comment speaks of the next line that is none. Matched both ways: every
//!   diagnostic is asserted, every assertion met. Failed tests of the book are diagnostics like any other.
//! - Lints of plugins are run on pages that have the title `Lints` or the id of a lint, and in every console.
//! - ` ```console ` holds commands (`$ rolebook …`, run in the folder with the files) and what they print; `[exit N]` ends
//!   the output of one that exits with N other than 0.
//! - ` ```snapshot ` holds what `rolebook check` draws. With `ROLEBOOK_UPDATE=1` consoles and snapshots are rewritten.
//! - Fences of a section that has sections below it are theirs, too (a name that comes again replaces).
//! - Any other fence is text.

mod assertion;
mod books;
mod page;
mod run;

pub use page::{Fence, FenceKind, Page, Section};
pub use run::{Failure, Outcome, capture, run_command, run_commands, run_section, section_book};
