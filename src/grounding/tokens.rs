//! A reading cut into words, numbers and marks, each with its place in the text.
//!
//! In goes the text with ASCII letters in lower case (its byte offsets are those of the text itself), out come
//! [`Token`]s. Blanks and the emphasis marks of Markdown fall away; every kind of dash becomes `-`.

/// The most digits of a number, point included; a longer run of digits is an identifier and states no value.
const MAX_NUMBER_BYTES: usize = 8;

/// One word, number or mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind<'a>,
    /// Byte offset of its first character.
    pub from: usize,
    /// Byte offset after its last character.
    pub to: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TokenKind<'a> {
    /// Letters, then letters, digits and apostrophes: `rate`, `v1`, `isn't`.
    Word(&'a str),
    /// Digits with at most one decimal point, without sign.
    Number(f64),
    /// Any other character; a line break is the mark `\n`.
    Mark(char),
}

impl<'a> Token<'a> {
    /// The word, if it is one.
    pub fn word(&self) -> Option<&'a str> {
        match self.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self.kind {
            TokenKind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Is it this word?
    pub fn is(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    /// Is it one of these words?
    pub fn is_one_of(&self, words: &[&str]) -> bool {
        self.word().is_some_and(|word| words.contains(&word))
    }

    /// Is it one of these words, which blanks separate?
    pub fn is_among(&self, words: &str) -> bool {
        self.word().is_some_and(|word| words.split(' ').any(|known| known == word))
    }

    /// Is it one of these marks?
    pub fn is_mark(&self, marks: &[char]) -> bool {
        matches!(self.kind, TokenKind::Mark(mark) if marks.contains(&mark))
    }
}

/// Cuts a text into tokens.
pub fn tokens(lower: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = lower[at..].chars().next() {
        let rest = &lower[at..];
        let (kind, bytes) = if first.is_ascii_digit() {
            number(rest)
        } else if first.is_alphabetic() {
            let bytes = word_bytes(rest);
            (Some(TokenKind::Word(&rest[..bytes])), bytes)
        } else {
            (mark(first), first.len_utf8())
        };
        tokens.extend(kind.map(|kind| Token { kind, from: at, to: at + bytes }));
        at += bytes;
    }
    tokens
}

fn number(rest: &str) -> (Option<TokenKind<'_>>, usize) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let decimals = rest[whole..].strip_prefix('.').map_or(0, digits);
    let bytes = if decimals > 0 { whole + 1 + decimals } else { whole };
    let value = if bytes <= MAX_NUMBER_BYTES { rest[..bytes].parse().ok() } else { None };
    (Some(value.map_or(TokenKind::Word(&rest[..bytes]), TokenKind::Number)), bytes)
}

fn word_bytes(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inside = c.is_alphanumeric() || {
            let letter_follows = chars.peek().is_some_and(|(_, next)| next.is_alphabetic());
            matches!(c, '\'' | '’') && letter_follows
        };
        if !inside {
            return at;
        }
    }
    rest.len()
}

fn mark(c: char) -> Option<TokenKind<'static>> {
    match c {
        '\n' => Some(TokenKind::Mark('\n')),
        '*' | '_' | '`' | '#' => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some(TokenKind::Mark('-')),
        blank if blank.is_whitespace() => None,
        other => Some(TokenKind::Mark(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_marks_have_their_places() {
        use TokenKind::{Mark, Number, Word};
        let text = "**rate:** 72.5bpm. isn't v1–2\nµv 123456789";
        let kinds: Vec<TokenKind<'_>> = tokens(text).iter().map(|token| token.kind).collect();
        let expected = [
            Word("rate"),
            Mark(':'),
            Number(72.5),
            Word("bpm"),
            Mark('.'),
            Word("isn't"),
            Word("v1"),
            Mark('-'),
            Number(2.0),
            Mark('\n'),
            Word("µv"),
            Word("123456789"),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(&text[tokens(text)[2].from..tokens(text)[2].to], "72.5");
    }
}
