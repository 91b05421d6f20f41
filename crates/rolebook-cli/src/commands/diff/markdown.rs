//! A difference as a comment on a pull request.

use super::Found;

pub(super) fn text(_found: &Found) -> String {
    String::new()
}
