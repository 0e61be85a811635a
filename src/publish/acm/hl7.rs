//! HL7 version 2: in go fields, out come segments. The separators are those that everybody uses: `|^~\&`.

use std::fmt::Write;

/// A text as it may stand in a field: separators are escaped, and characters of control written in hexadecimal.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str(r"\E\"),
            '|' => escaped.push_str(r"\F\"),
            '^' => escaped.push_str(r"\S\"),
            '&' => escaped.push_str(r"\T\"),
            '~' => escaped.push_str(r"\R\"),
            control if u32::from(control) < 0x20 || control == '\u{7f}' => {
                write!(escaped, r"\X{:02X}\", u32::from(control)).expect("a string takes any text (this is a bug)");
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// The components of a field, each escaped; empty ones at the end are left out.
pub fn components(parts: &[&str]) -> String {
    let used = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
    parts[..used].iter().map(|part| escaped(part)).collect::<Vec<_>>().join("^")
}

/// A segment: its name, and fields by their number from 1. Fields are put in as they are.
pub fn segment(name: &str, fields: &[(usize, &str)]) -> String {
    let last = fields.iter().filter(|(_, value)| !value.is_empty()).map(|(number, _)| *number).max().unwrap_or(0);
    let field = |number: usize| fields.iter().find(|(own, _)| *own == number).map_or("", |(_, value)| value);
    let mut segment = name.to_owned();
    for number in 1..=last {
        segment.push('|');
        segment.push_str(field(number));
    }
    segment
}

/// The time of RFC 3339 as HL7 writes it, in UTC and milliseconds: `20260203040506.500+0000`. Empty for what is no time.
pub fn time(rfc3339: &str) -> String {
    let timestamp: Option<jiff::Timestamp> = rfc3339.parse().ok();
    timestamp.map_or_else(String::new, |timestamp| timestamp.strftime("%Y%m%d%H%M%S.%3f+0000").to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn separators_are_escaped() {
        assert_eq!(escaped(r"a|b^c~d\e&f"), r"a\F\b\S\c\R\d\E\e\T\f");
        assert_eq!(escaped("two\r\nlines"), r"two\X0D\\X0A\lines");
        assert_eq!(escaped("größer 4 µV"), "größer 4 µV");
    }

    #[test]
    fn fields_stand_at_their_number() {
        assert_eq!(segment("OBX", &[(1, "1"), (5, "x"), (3, ""), (9, "")]), "OBX|1||||x");
        assert_eq!(components(&["131328", "", "MDC", ""]), "131328^^MDC");
        assert_eq!(time("1970-01-01T00:00:23.7Z"), "19700101000023.700+0000");
        assert_eq!(time("2026-02-03T04:05:06.123456789+01:00"), "20260203030506.123+0000");
        assert_eq!(time("soon"), "");
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_segment(text in "\\PC{0,40}|[|^~\\\\&\r\n]{0,20}") {
            let escaped = escaped(&text);
            prop_assert!(!escaped.contains(['|', '^', '~', '&', '\r', '\n']));
        }
    }
}
