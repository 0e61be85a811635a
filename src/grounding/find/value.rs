//! A number or a range with its unit: "160 ms", "0.16 s", "1-2 mm", "-45 degrees", "up to 3 mm".
//!
//! In go the tokens of a text and a place, out comes the [`Value`] that begins there.

use super::super::tokens::Token;
use super::statement::Span;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Time, in ms.
    Time,
    /// Voltage, in mV; 1 mm on paper is 0.1 mV.
    Voltage,
    /// Angle, in degrees.
    Angle,
    /// Beats a minute.
    Rate,
    /// None, or none that is known.
    None,
}

/// How the number bounds what it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It is the value.
    Exact,
    /// The value is at most that.
    AtMost,
    /// The value is at least that.
    AtLeast,
}

/// A number or a range with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// First token, the words of a bound included.
    pub first: usize,
    /// Last token.
    pub last: usize,
    /// In ms, mV, degrees or as it stands.
    pub span: Span,
    /// What it counts.
    pub unit: Unit,
    /// How it bounds.
    pub bound: Bound,
}

/// The unit at token `at`, its factor to ms, mV or degrees, and the token after it.
fn unit(tokens: &[Token<'_>], at: usize) -> (Unit, f64, usize) {
    let Some(token) = tokens.get(at) else { return (Unit::None, 1.0, at) };
    let minute = tokens.get(at + 1).is_some_and(|next| next.is_one_of(&["min", "minute"]));
    match token.word() {
        Some("ms" | "msec" | "msecs" | "millisecond" | "milliseconds") => (Unit::Time, 1.0, at + 1),
        Some("s" | "sec" | "secs" | "second" | "seconds") => (Unit::Time, 1000.0, at + 1),
        Some("mv" | "millivolt" | "millivolts") => (Unit::Voltage, 1.0, at + 1),
        Some("µv" | "μv" | "uv" | "microvolt" | "microvolts") => (Unit::Voltage, 0.001, at + 1),
        Some("mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres") => {
            let speed = tokens.get(at + 1).is_some_and(|next| next.is_mark(&['/']));
            (if speed { Unit::Rate } else { Unit::Voltage }, 0.1, at + 1)
        }
        Some("degree" | "degrees" | "deg") => (Unit::Angle, 1.0, at + 1),
        Some("bpm" | "beats" | "beat" | "hz" | "years" | "year") => (Unit::Rate, 1.0, at + 1),
        Some("per") if minute => (Unit::Rate, 1.0, at + 2),
        None if token.is_mark(&['°']) => (Unit::Angle, 1.0, at + 1),
        None if token.is_mark(&['/']) && minute => (Unit::Rate, 1.0, at + 2),
        _ => (Unit::None, 1.0, at),
    }
}

/// The value that begins with token `at`.
pub fn at(tokens: &[Token<'_>], at: usize) -> Option<Value> {
    let sign = tokens.get(at).is_some_and(|token| token.is_mark(&['-', '+']));
    let is_minus = sign && tokens[at].is_mark(&['-']);
    let number = at + usize::from(sign);
    let low = tokens.get(number)?.number()?;
    // "V1-4" and "2:1" are no values; nor is what stands behind a slash or in a calculation.
    let before = number.checked_sub(1 + usize::from(sign)).map(|before| &tokens[before]);
    if sign
        && before
            .is_some_and(|token| token.number().is_some() || (token.word().is_some() && token.to == tokens[at].from))
    {
        return None;
    }
    if before.is_some_and(|token| {
        token.is_mark(&[':'])
            && token.from + 1 == tokens[number].from
            && number >= 2
            && tokens[number - 2].number().is_some()
    }) {
        return None;
    }
    let (mut kind, mut factor, mut next) = unit(tokens, number + 1);
    let mut high = None;
    let between = before.is_some_and(|token| token.is("between"));
    let dash =
        tokens.get(next).is_some_and(|token| token.is_mark(&['-']) || token.is("to") || (token.is("and") && between));
    if dash {
        let plus = usize::from(tokens.get(next + 1).is_some_and(|token| token.is_mark(&['+'])));
        if let Some(second) = tokens.get(next + 1 + plus).and_then(Token::number) {
            let (second_kind, second_factor, after) = unit(tokens, next + 2 + plus);
            high = Some(second);
            (kind, factor, next) = (second_kind, second_factor, after);
        }
    }
    let signed = if is_minus { -low } else { low };
    let high = high.unwrap_or(signed);
    let (first, bound) = bound(tokens, at);
    let bound = if tokens.get(next).is_some_and(|token| token.is("or"))
        && tokens.get(next + 1).is_some_and(|token| token.is_one_of(&["more", "greater"]))
    {
        next += 2;
        Bound::AtLeast
    } else {
        bound
    };
    Some(Value { first, last: next - 1, span: Span::between(signed, high).times(factor), unit: kind, bound })
}

/// The words before a number that make it a bound, and the first of them.
fn bound(tokens: &[Token<'_>], at: usize) -> (usize, Bound) {
    let word = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
    let is = |back: usize, words: &[&str]| word(back).is_some_and(|token| token.is_one_of(words));
    if is(1, &["than"]) && is(2, &["less", "shorter", "fewer", "smaller"]) || is(1, &["to"]) && is(2, &["up"]) {
        (at - 2, Bound::AtMost)
    } else if is(1, &["than"]) && is(2, &["more", "greater", "longer", "larger"]) || is(1, &["least"]) && is(2, &["at"])
    {
        (at - 2, Bound::AtLeast)
    } else if is(1, &["below", "under"]) || word(1).is_some_and(|token| token.is_mark(&['<', '≤'])) {
        (at - 1, Bound::AtMost)
    } else if is(1, &["above", "over", "exceeding", "exceeds", "exceed", "beyond"])
        || word(1).is_some_and(|token| token.is_mark(&['>', '≥']))
    {
        (at - 1, Bound::AtLeast)
    } else {
        (at, Bound::Exact)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tokens::tokens;
    use super::*;

    #[test]
    fn numbers_have_units_ranges_and_bounds() {
        let read = |text: &str, place: usize| {
            at(&tokens(text), place).map(|value| (value.span.from, value.span.to, value.unit, value.bound))
        };
        assert_eq!(read("0.16 s", 0), Some((160.0, 160.0, Unit::Time, Bound::Exact)));
        assert_eq!(read("1-2 mm", 0), Some((0.1, 0.2, Unit::Voltage, Bound::Exact)));
        assert_eq!(read("axis -45 degrees", 1), Some((-45.0, -45.0, Unit::Angle, Bound::Exact)));
        assert_eq!(read("between 140 and 160 ms", 1), Some((140.0, 160.0, Unit::Time, Bound::Exact)));
        assert_eq!(read("less than 120 ms", 2), Some((120.0, 120.0, Unit::Time, Bound::AtMost)));
        assert_eq!(read("0.12 seconds or more", 0), Some((120.0, 120.0, Unit::Time, Bound::AtLeast)));
        assert_eq!(read("25 mm/s", 0).unwrap().2, Unit::Rate);
        assert_eq!(read("v1-4", 1), None);
        assert_eq!(read("2:1", 2), None);
    }
}
