//! The annotations of EDF+: in go the bytes of an annotation signal in one data record, out come time-stamped annotation lists
//! (TALs): an onset and what is said of it.
//!
//! A list is `+ONSET`, byte 21 and a duration if there is one, byte 20, texts that each end with byte 20, and byte 0. The first
//! list of a data record, with an empty first text, says when the record begins.

/// The byte that ends an onset and a text.
const END: u8 = 20;
/// The byte before a duration.
const DURATION: u8 = 21;

/// A time-stamped annotation list.
#[derive(Clone, Debug, PartialEq)]
pub struct Tal {
    /// Seconds after the start of the file.
    pub onset_s: f64,
    /// What is said of it; an empty text says nothing.
    pub texts: Vec<String>,
}

/// What is wrong with a list, and the byte at which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTal {
    /// The place among the bytes.
    pub offset: usize,
    /// What was looked at.
    pub field: &'static str,
    /// What stands there.
    pub value: String,
    /// What should.
    pub expected: &'static str,
}

/// Reads all lists.
pub fn tals(bytes: &[u8]) -> Result<Vec<Tal>, BadTal> {
    let mut lists = Vec::new();
    let mut at = 0;
    while let Some(skipped) = bytes[at..].iter().position(|byte| *byte != 0) {
        at += skipped;
        let end = bytes[at..].iter().position(|byte| *byte == 0).map_or(bytes.len(), |length| at + length);
        lists.push(tal(&bytes[at..end], at)?);
        at = end;
    }
    Ok(lists)
}

/// Reads one list without the byte 0 behind it; `at` is its place, for errors.
fn tal(bytes: &[u8], at: usize) -> Result<Tal, BadTal> {
    let bad = |offset, value: &[u8], field, expected| BadTal {
        offset,
        field,
        value: value.iter().take(60).map(|byte| char::from(*byte)).collect(),
        expected,
    };
    let mut parts = bytes.split(|byte| *byte == END);
    let stamp = parts.next().unwrap_or_default();
    let onset = stamp.split(|byte| *byte == DURATION).next().unwrap_or_default();
    let number = std::str::from_utf8(onset).ok().filter(|text| text.starts_with(['+', '-']));
    let onset_s = number.and_then(|text| text.parse::<f64>().ok()).filter(|onset_s| onset_s.is_finite());
    let Some(onset_s) = onset_s.filter(|_| stamp.len() < bytes.len()) else {
        return Err(bad(at, onset, "the onset of an annotation", "of the form +12.5, with byte 20 behind it"));
    };
    let mut texts = Vec::new();
    let mut offset = at + stamp.len() + 1;
    for part in parts {
        let text = std::str::from_utf8(part);
        texts.push(text.map_err(|_| bad(offset, part, "the text of an annotation", "UTF-8"))?.trim().to_owned());
        offset += part.len() + 1;
    }
    Ok(Tal { onset_s, texts })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_are_read() {
        let bytes = b"+0\x14\x14\0+180\x15\x32.5\x14Lights off\x14Close door\x14\0-0.065\x14Pre\xc3\xa4\x14\0\0\0";
        let found = tals(bytes).unwrap();
        let onsets: Vec<f64> = found.iter().map(|tal| tal.onset_s).collect();
        assert_eq!(onsets, [0.0, 180.0, -0.065]);
        assert_eq!(found[1].texts, ["Lights off", "Close door", ""]);
        assert_eq!(found[2].texts[0], "Pre\u{e4}");
        assert_eq!(tals(&[0; 9]), Ok(Vec::new()));
    }

    #[test]
    fn each_mistake_has_its_place() {
        for (bytes, offset) in [
            (b"+0\x14\x14\0+x\x14a\x14\0".as_slice(), 5),
            (b"12\x14a\x14\0", 0),
            (b"+1", 0),
            (b"+NaN\x14\x14\0", 0),
            (b"+1e999\x14\x14\0", 0),
            (b"+1\x14ok\x14\xff\xfe\x14\0", 6),
        ] {
            assert_eq!(tals(bytes).unwrap_err().offset, offset, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Err(bad) = tals(&bytes) {
                prop_assert!(bad.offset <= bytes.len());
            }
        }
    }
}
