//! What happens at the board.

use tracing::warn;

use super::with;

/// The board was too slow: something that the pipeline said is not shown. The alarm path did not wait for it.
#[derive(Clone, Copy, Debug)]
pub struct BoardBehind<'a> {
    /// What is missing: `Chunk`, `Vitals` or `Alert`.
    pub what: &'a str,
}

impl BoardBehind<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        warn!(what = self.what, "the board is behind: this is not shown");
        with(|instruments| instruments.board_behind.add(1, &[]));
    }
}
