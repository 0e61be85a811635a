//! When a text ends: the limits of a reading, and which of them was met.

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At most so many tokens.
    pub max_new_tokens: usize,
    /// Stop after a token that ends the text.
    pub stop_at_end_of_text: bool,
}

/// Why decoding stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model ended its text.
    EndOfText,
    /// The limit of tokens or of positions was reached.
    Length,
    /// The caller said stop.
    Stopped,
}

impl Limits {
    /// Whether a text is over by now: its tokens after a prompt of so many positions, where there is room for `positions`
    /// in all. The last token needs no position, as it is not fed back.
    pub(super) fn finish(&self, eos: &[u32], tokens: &[u32], prompt: usize, positions: usize) -> Option<Finish> {
        let ends = |token: &u32| self.stop_at_end_of_text && eos.contains(token);
        if tokens.last().is_some_and(ends) {
            Some(Finish::EndOfText)
        } else if tokens.len() >= self.max_new_tokens || prompt + tokens.len() > positions {
            Some(Finish::Length)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_with_its_last_token_at_its_limit_or_where_the_positions_end() {
        let limits = Limits { max_new_tokens: 3, stop_at_end_of_text: true };
        assert_eq!(limits.finish(&[2], &[], 4, 100), None);
        assert_eq!(limits.finish(&[2], &[2, 5], 4, 100), None);
        assert_eq!(limits.finish(&[2], &[5, 2], 4, 100), Some(Finish::EndOfText));
        assert_eq!(limits.finish(&[2], &[5, 6, 7], 4, 100), Some(Finish::Length));
        assert_eq!(limits.finish(&[2], &[5], 4, 5), None);
        assert_eq!(limits.finish(&[2], &[5, 6], 4, 5), Some(Finish::Length));
        let on = Limits { stop_at_end_of_text: false, ..limits };
        assert_eq!(on.finish(&[2], &[5, 2], 4, 100), None);
        let none = Limits { max_new_tokens: 0, ..limits };
        assert_eq!(none.finish(&[2], &[], 4, 100), Some(Finish::Length));
    }
}
