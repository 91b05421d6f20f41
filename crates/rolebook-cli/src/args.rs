//! The arguments. Help texts teach: each command shows what it is for and an example.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "\
Exit codes:
  0  fine; or the answer is \"allowed\" (also under obligations that were given with --enforces)
  1  findings: errors in a book, failed tests, files that are not formatted, differences
  2  wrong arguments, unreadable input, an invalid request
  3  the answer is \"denied\"

Paths may be a book (a folder with a `rolebook.yaml`), a file in it, or a folder of books.
Without a path it is the nearest book upwards from here.";

/// Permissions as a table that runs: check, test, render and ask a permission matrix kept as code.
#[derive(Parser)]
#[command(name = "rolebook", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Colours in the output
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// Where a terminal shows it and NO_COLOR is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// With the lines of the source
    Full,
    /// One line each
    Concise,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// JUnit XML: a case for each test and assertion, and one for the book
    Junit,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For people
    Full,
    /// For programs
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For reading at a terminal
    Terminal,
    /// For a comment on a pull request
    Markdown,
    /// For programs
    Json,
}

/// Which differences count.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// All
    Any,
    /// Those by which somebody may do more, and what could not be decided
    Wider,
}

/// What a question for a list comes with.
#[derive(clap::Args)]
pub(crate) struct Circumstances {
    /// A file of facts; may be given several times
    #[arg(long, required = true)]
    pub(crate) facts: Vec<PathBuf>,
    /// The book; by default the nearest one upwards
    #[arg(long)]
    pub(crate) book: Option<PathBuf>,
    /// A value that the asking service sends along, as `name=value`
    #[arg(long, value_name = "K=V")]
    pub(crate) context: Vec<String>,
    /// An argument of the action, as `name=value`; of a set its members, parted by commas
    #[arg(long, value_name = "K=V")]
    pub(crate) input: Vec<String>,
    /// An obligation (a limit after `with`) that the asking program keeps; may be given several times
    #[arg(long, value_name = "OBLIGATION")]
    pub(crate) enforces: Vec<String>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Full)]
    pub(crate) format: AnswerFormat,
}

const LIST_EXIT_CODES: &str = "\
Exit codes: 0 answered (also with an empty list), 2 the question is invalid, 1 the book has errors.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check books: every mistake, with its place and its cure; then run their tests
    #[command(after_help = "Examples:
  rolebook check policies/vitally
  rolebook check --fix --diff policies/vitally
  rolebook check policies --format sarif > rolebook.sarif")]
    Check {
        /// Books, files in them, or folders of books
        paths: Vec<PathBuf>,
        /// Make the fixes that change no meaning, in the files of the books themselves; then check what is left
        #[arg(long)]
        fix: bool,
        /// With --fix: make the others, too. Look at what they did
        #[arg(long, requires = "fix")]
        unsafe_fixes: bool,
        /// Check again whenever a file changes, and tell what is new and what is gone; ends with Ctrl-C
        #[arg(long, conflicts_with = "fix")]
        watch: bool,
        /// With --fix: write nothing, print what would change; exit 1 if something would
        #[arg(long, requires = "fix")]
        diff: bool,
        /// How to print what is found
        #[arg(long, value_enum, default_value_t = Format::Full)]
        format: Format,
    },
    /// Run the `test` blocks of books
    #[command(after_help = "Example:\n  rolebook test policies/vitally --filter R039")]
    Test {
        /// Books, files in them, or folders of books
        paths: Vec<PathBuf>,
        /// Only tests whose title holds this text
        #[arg(long)]
        filter: Option<String>,
        /// How to print what fails
        #[arg(long, value_enum, default_value_t = Format::Full)]
        format: Format,
    },
    /// Ask whether a principal may do an action on a resource, and why (not)
    #[command(after_help = "Examples:
  rolebook can lee note.edit kickoff --book policies/vitally --facts policies/vitally/facts.yaml
  rolebook can max note_template.create workspace --input visibility=shared --book … --facts …
  rolebook can lee note.edit review --explain --book … --facts …
  rolebook can lee segment.create workspace --enforces some_segments --book … --facts …

Exit codes: 0 allowed (also under obligations given with --enforces, which are printed), 3 denied, 2 the question is invalid, 1 the book has errors.")]
    Can {
        /// Who asks: an id, or `type:id`
        principal: String,
        /// What for: `type.action`
        action: String,
        /// On what: an id, `type:id`, or `workspace`
        resource: String,
        /// A file of facts; may be given several times
        #[arg(long, required = true)]
        facts: Vec<PathBuf>,
        /// The book; by default the nearest one upwards
        #[arg(long)]
        book: Option<PathBuf>,
        /// A value that the asking service sends along, as `name=value`
        #[arg(long, value_name = "K=V")]
        context: Vec<String>,
        /// An argument of the action, as `name=value`; of a set its members, parted by commas
        #[arg(long, value_name = "K=V")]
        input: Vec<String>,
        /// An obligation (a limit after `with`) that the asking program keeps; may be given several times
        #[arg(long, value_name = "OBLIGATION")]
        enforces: Vec<String>,
        /// Ask about a resource that the facts do not hold: all about it is unknown
        #[arg(long)]
        unknown: bool,
        /// Explain: everything that was looked at, as a tree, and what would allow what is denied
        #[arg(long)]
        explain: bool,
        /// How to print the answer
        #[arg(long, value_enum, default_value_t = AnswerFormat::Full)]
        format: AnswerFormat,
    },
    /// List who may do an action on a resource, or who holds a key role on it and why
    #[command(
        override_usage = "rolebook who [OPTIONS] --facts <FACTS> <ACTION> <RESOURCE>\n       \
                          rolebook who [OPTIONS] --facts <FACTS> --key-role <KEY_ROLE> <RESOURCE>",
        after_help = format!("Examples:
  rolebook who note.edit review --book policies/vitally --facts policies/vitally/facts.yaml
  rolebook who segment.create workspace --enforces some_segments --book … --facts …
  rolebook who --key-role csm account:acme --book … --facts …

{LIST_EXIT_CODES}")
    )]
    Who {
        /// What for: `type.action`; not with --key-role
        action: String,
        /// On what: an id, `type:id`, or `workspace`
        #[arg(required_unless_present = "key_role", conflicts_with = "key_role")]
        resource: Option<String>,
        /// Who holds this key role on the resource or above it, and why; `assigned`: any
        #[arg(long, conflicts_with_all = ["context", "input", "enforces"])]
        key_role: Option<String>,
        #[command(flatten)]
        with: Circumstances,
    },
    /// List what a principal may do on a resource
    #[command(after_help = format!("Examples:
  rolebook what lee review --book policies/vitally --facts policies/vitally/facts.yaml
  rolebook what max workspace --input visibility=private --book … --facts …

An action that takes arguments is asked with those of --input; where one is missing it is listed apart.

{LIST_EXIT_CODES}"))]
    What {
        /// Who: an id, or `type:id`
        principal: String,
        /// On what: an id, `type:id`, or `workspace`
        resource: String,
        #[command(flatten)]
        with: Circumstances,
    },
    /// List the resources on which a principal may do an action
    #[command(after_help = format!("Example:
  rolebook list lee note.edit --book policies/vitally --facts policies/vitally/facts.yaml

{LIST_EXIT_CODES}"))]
    List {
        /// Who: an id, or `type:id`
        principal: String,
        /// What for: `type.action`
        action: String,
        /// The type of the resources; only where the action is asked of several
        #[arg(value_name = "TYPE")]
        ty: Option<String>,
        #[command(flatten)]
        with: Circumstances,
    },
    /// List the limits after `with`, undefined ones first, and where each is used
    #[command(after_help = "Example:\n  rolebook obligations policies/vitally")]
    Obligations {
        /// The book; by default the nearest one upwards
        path: Option<PathBuf>,
        /// How to print them
        #[arg(long, value_enum, default_value_t = AnswerFormat::Full)]
        format: AnswerFormat,
    },
    /// Print the matrices of a book
    #[command(after_help = "Example:\n  rolebook matrix policies/vitally --format markdown")]
    Matrix {
        /// The book, or a file in it
        path: Option<PathBuf>,
        /// terminal, markdown, csv or json (`rolebook plugins` lists them)
        #[arg(long, default_value = "terminal")]
        format: String,
    },
    /// Compare two books by what they mean: who may do more, who less, with an example of each
    #[command(
        override_usage = "rolebook diff [OPTIONS] <OLD> <NEW>\n       rolebook diff [OPTIONS] --git <REV> [BOOK]",
        after_help = "Examples:
  rolebook diff policies/vitally ../release/policies/vitally
  rolebook diff --git HEAD
  rolebook diff --git origin/main policies/vitally --format markdown --fail-on wider

Names that stand for what another name stood for (`was`) are renames; layout, order, titles and comments are no change.

Exit codes: 0 nothing changed in meaning, 1 something did (or the later book has errors), 2 wrong arguments or unreadable input."
    )]
    Diff {
        /// The earlier book and the later one; with --git the book, by default the nearest one upwards
        #[arg(value_name = "BOOK", num_args = 0..=2)]
        books: Vec<PathBuf>,
        /// Compare the book on disk with what it was in a git revision: a branch, a tag, a commit, HEAD~1
        #[arg(long, value_name = "REV")]
        git: Option<String>,
        /// Which changes make the exit code 1
        #[arg(long, value_enum, default_value_t = FailOn::Any)]
        fail_on: FailOn,
        /// How to print what changed
        #[arg(long, value_enum, default_value_t = DiffFormat::Terminal)]
        format: DiffFormat,
    },
    /// Look at changes of facts, and make them
    Facts {
        #[command(subcommand)]
        command: FactsCommand,
    },
    /// Format `*.rolebook` files: align tables, tidy blanks, change no meaning
    #[command(
        after_help = "Examples:\n  rolebook fmt policies/vitally\n  rolebook fmt --check .\n  rolebook fmt - < a.rolebook"
    )]
    Fmt {
        /// Books, files, or folders; `-` reads from standard input and prints
        paths: Vec<PathBuf>,
        /// Change nothing; exit 1 if something would be changed
        #[arg(long)]
        check: bool,
    },
    /// Explain a rule that a diagnostic names; without a rule, list them
    #[command(after_help = "Example:\n  rolebook explain contradicted-cell")]
    Explain {
        /// The id in the brackets of a diagnostic
        rule: Option<String>,
    },
    /// Write a small book that checks
    Init {
        /// The folder, which is made if it is not there
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// List the plugins: readers of facts, writers of tables
    Plugins,
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  rolebook completions bash > ~/.local/share/bash-completion/completions/rolebook"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Subcommand)]
pub(crate) enum FactsCommand {
    /// Look at a table of changes (who holds which key role or role) row by row: accepted, or refused with the reason
    #[command(after_help = "Examples:
  rolebook facts apply changes.csv --book policies/totango --facts policies/totango/facts.yaml
  rolebook facts apply changes.csv --book … --facts … --write

changes.csv, one of:
  account,key_role,holder      acme,csm,dana     (`-` for nobody)
  user,team,role               lee,smb,team_admin
  user.email,role              lee@example.com,admin

Exit codes: 0 all rows accepted, 1 some refused (nothing is written, unless --accepted-only), 2 it cannot be read.")]
    Apply {
        /// The table, as CSV
        changes: PathBuf,
        /// A file of facts; may be given several times
        #[arg(long, required = true)]
        facts: Vec<PathBuf>,
        /// The book; by default the nearest one upwards
        #[arg(long)]
        book: Option<PathBuf>,
        /// Write nothing (this is what happens anyway)
        #[arg(long, conflicts_with = "write")]
        dry_run: bool,
        /// Change the files of facts, if every row was accepted
        #[arg(long)]
        write: bool,
        /// Write the rows that were accepted although others were refused
        #[arg(long, requires = "write")]
        accepted_only: bool,
        /// How to print what was found
        #[arg(long, value_enum, default_value_t = AnswerFormat::Full)]
        format: AnswerFormat,
    },
}
