//! The text of a reading as it grows.
//!
//! In go the pieces of tokens one by one, out come pieces of text whose concatenation is exactly the final, stripped text.
//! Text is held back while later tokens could still change it: within a run of byte tokens, and at blanks that may turn
//! out to be the end.

use super::tokenizer::Piece;

/// How the tokenizer writes a blank.
const BLANK: char = '\u{2581}';

/// A growing text.
#[derive(Debug, Default)]
pub(super) struct TextStream {
    text: String,
    /// Bytes of an unfinished run.
    bytes: Vec<u8>,
    /// Something came already.
    started: bool,
    /// Bytes of the stripped text that were handed on.
    said: usize,
}

impl TextStream {
    /// Takes what the next token adds and hands on what is certain by now.
    pub(super) fn push(&mut self, piece: Piece, on_text: &mut dyn FnMut(&str)) {
        match piece {
            Piece::Nothing => return,
            Piece::Byte(byte) => {
                self.bytes.push(byte);
                self.started = true;
                return;
            }
            Piece::Text(piece) => {
                self.end_bytes();
                // The tokenizer puts a blank before every text, which is not part of it.
                let piece = if self.started { &piece } else { piece.strip_prefix(BLANK).unwrap_or(&piece) };
                self.text.extend(piece.chars().map(|c| if c == BLANK { ' ' } else { c }));
                self.started = true;
            }
        }
        self.say(on_text);
    }

    /// Hands on the rest and gives the whole stripped text.
    pub(super) fn finish(mut self, on_text: &mut dyn FnMut(&str)) -> String {
        self.end_bytes();
        self.say(on_text);
        strip(&self.text).to_owned()
    }

    /// The whole text as it is.
    pub(super) fn into_text(mut self) -> String {
        self.end_bytes();
        self.text
    }

    /// Hands on what is new of the stripped text. It only ever grows at its end.
    fn say(&mut self, on_text: &mut dyn FnMut(&str)) {
        let text = strip(&self.text);
        if text.len() > self.said {
            on_text(&text[self.said..]);
            self.said = text.len();
        }
    }

    /// Decodes a run of bytes. Each byte that is part of no character becomes U+FFFD.
    fn end_bytes(&mut self) {
        for chunk in self.bytes.utf8_chunks() {
            self.text.push_str(chunk.valid());
            self.text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
        }
        self.bytes.clear();
    }
}

/// The text without blanks at its ends, as Python's `strip` does it: four separators count as blanks there.
fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn told(pieces: &[Piece]) -> (Vec<String>, String) {
        let mut stream = TextStream::default();
        let mut told = Vec::new();
        for piece in pieces {
            stream.push(piece.clone(), &mut |text| told.push(text.to_owned()));
        }
        let whole = stream.finish(&mut |text| told.push(text.to_owned()));
        (told, whole)
    }

    #[test]
    fn words_are_told_at_once_and_blanks_at_the_ends_never() {
        let (pieces, whole) = told(&[text("▁▁Sinus"), text("▁"), text("▁rhythm."), Piece::Nothing, text("▁")]);
        assert_eq!(pieces, ["Sinus", "  rhythm."]);
        assert_eq!(whole, "Sinus  rhythm.");
    }

    #[test]
    fn a_character_of_several_bytes_is_told_whole_and_broken_bytes_one_by_one() {
        let bytes = |bytes: &[u8]| bytes.iter().map(|byte| Piece::Byte(*byte)).collect::<Vec<_>>();
        let (pieces, whole) = told(&[vec![text("▁60"), text("▁")], bytes("µ".as_bytes()), vec![text("V")]].concat());
        assert_eq!((pieces, whole.as_str()), (vec!["60".to_owned(), " µV".to_owned()], "60 µV"));
        // The start of a character of three bytes, then a letter, then its end alone.
        assert_eq!(told(&bytes(&[b'2', 0xe2, 0x89, b'x', 0xa0])).1, "2\u{fffd}\u{fffd}x\u{fffd}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn what_was_told_is_the_whole_text(pieces in prop::collection::vec(prop_oneof![
            any::<u8>().prop_map(Piece::Byte),
            "[▁a ]{0,3}".prop_map(Piece::Text),
            Just(Piece::Nothing),
        ], 0..20)) {
            let (pieces, whole) = told(&pieces);
            prop_assert_eq!(pieces.concat(), whole);
        }
    }
}
