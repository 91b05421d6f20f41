//! What was checked, as JUnit XML.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use rolebook_diagnostics::{Diagnostic, Severity, Sources, concise};

use super::Shown;

/// A suite a book: a case for the book, one for each assertion and each test.
pub(super) fn text(books: &[Shown], sources: &Sources) -> Result<String, String> {
    let mut report = Report::new("rolebook");
    for book in books {
        let mut suite = TestSuite::new(&book.name);
        suite.add_test_case(case("the book", &book.name, &book.looked.found, sources));
        for tried in &book.looked.cases {
            suite.add_test_case(case(&tried.title, &book.name, &tried.wrong, sources));
        }
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| format!("JUnit: {error}"))
}

fn case(title: &str, book: &str, found: &[Diagnostic], sources: &Sources) -> TestCase {
    let errors: Vec<&Diagnostic> = found.iter().filter(|found| found.severity == Severity::Error).collect();
    let mut told = concise(found, sources);
    for help in errors.iter().flat_map(|error| &error.help) {
        told.push_str(&format!("help: {help}\n"));
    }
    let mut status = match errors.first() {
        None => TestCaseStatus::success(),
        Some(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    if let Some(first) = errors.first() {
        status.set_message(first.message.as_str()).set_type(first.rule.id).set_description(told.as_str());
    }
    let mut case = TestCase::new(title, status);
    case.set_classname(book);
    if errors.is_empty() && !told.is_empty() {
        case.set_system_out(told.as_str());
    }
    case
}
