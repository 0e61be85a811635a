//! Heights of waves in numbers: "the R wave in V5 is 2.6 mV", "S wave in V1 of 22 mm", "SV1 + RV5 = 41 mm".
//!
//! In go the tokens of a text and the phrases that name leads, out come [`Part`]s with a value in mV, and their leads where
//! they are named beside the wave.

use super::super::tokens::Token;
use super::Part;
use super::leads::LeadPhrase;
use super::scope::ends_sentence;
use super::statement::{Span, Statement, Wave};
use super::value::{self, Bound, Unit};

/// So many tokens after the wave its height must have come.
const FARTHEST: usize = 9;

/// Words between a wave and its height.
const JOINING: &str = "is are of in lead leads measures measure measuring measured at about approximately around amplitude with \
                       an a the was reaches has height on";

/// Finds the heights of waves.
pub fn find(tokens: &[Token<'_>], leads: &[LeadPhrase]) -> Vec<Part> {
    let mut parts: Vec<Part> = sums(tokens);
    let mut at = 0;
    while at < tokens.len() {
        let inside = parts.iter().any(|part| (part.first..=part.last).contains(&at));
        match wave(tokens, at).filter(|_| !inside).and_then(|(wave, end)| height(tokens, leads, wave, at, end)) {
            Some(part) => {
                at = part.last + 1;
                parts.push(part);
            }
            None => at += 1,
        }
    }
    parts
}

/// A wave, and the token after its name.
fn wave(tokens: &[Token<'_>], at: usize) -> Option<(Wave, usize)> {
    let wave = match tokens[at].word()? {
        "p" => Wave::P,
        "q" => Wave::Q,
        "r" => Wave::R,
        "s" => Wave::S,
        "t" => Wave::T,
        _ => return None,
    };
    let mut end = at + 1;
    let is = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|token| token.is_one_of(words));
    end += usize::from(tokens.get(end).is_some_and(|token| token.is_mark(&['-'])));
    let named = is(end, &["wave", "waves"]);
    end += usize::from(named);
    let sized = is(end, &["amplitude", "amplitudes", "height", "voltage", "depth"]);
    end += usize::from(sized);
    (named || sized || is(end, &["in"])).then_some((wave, end))
}

fn height(tokens: &[Token<'_>], leads: &[LeadPhrase], wave: Wave, first: usize, from: usize) -> Option<Part> {
    let mut own = None;
    let mut at = from;
    while at < tokens.len().min(from + FARTHEST) && !ends_sentence(&tokens[at]) {
        if let Some(phrase) = leads.iter().find(|phrase| phrase.first == at) {
            own = Some(phrase.leads);
            at = phrase.last + 1;
            continue;
        }
        if let Some(value) = value::at(tokens, at) {
            if value.unit != Unit::Voltage || value.bound != Bound::Exact {
                return None;
            }
            // "… is 5 mm in V2"
            let after = value.last + 2;
            let behind = leads.iter().find(|phrase| {
                phrase.first == after && tokens[value.last + 1].is_one_of(&["in", "on"]) && own.is_none()
            });
            let last = behind.map_or(value.last, |phrase| phrase.last);
            let positive = Span::between(value.span.from.abs(), value.span.to.abs());
            return Some(Part {
                leads: behind.map(|phrase| phrase.leads).or(own),
                ..Part::new(first, last, Statement::Amplitude(wave, positive))
            });
        }
        let joins = tokens[at].is_among(JOINING) || tokens[at].is_mark(&[':', '=', '(', '~', '≈']);
        if !joins {
            return None;
        }
        at += 1;
    }
    None
}

/// "SV1 + RV5 = 41 mm", "the sum of S in V1 and R in V6 exceeds 35 mm".
fn sums(tokens: &[Token<'_>]) -> Vec<Part> {
    let mut parts = Vec::new();
    for first in 0..tokens.len() {
        let short = tokens[first].is("sv1")
            && tokens.get(first + 1).is_some_and(|token| token.is_mark(&['+']) || token.is("plus"))
            && tokens.get(first + 2).is_some_and(|token| token.is_one_of(&["rv5", "rv6"]));
        let words: Vec<&str> =
            tokens[first..].iter().take(12).take_while(|token| !ends_sentence(token)).filter_map(Token::word).collect();
        let long = words.starts_with(&["sum", "of"])
            && words.contains(&"v1")
            && (words.contains(&"v5") || words.contains(&"v6"));
        if !(short || long) {
            continue;
        }
        let values = (first + 1..tokens.len().min(first + 18)).take_while(|at| !ends_sentence(&tokens[*at]));
        let value = values.filter_map(|at| value::at(tokens, at)).find(|value| value.unit == Unit::Voltage);
        if let Some(value) = value {
            let span = match value.bound {
                Bound::Exact => value.span,
                Bound::AtLeast => Span { from: value.span.from, to: f64::INFINITY },
                Bound::AtMost => Span { from: 0.0, to: value.span.to },
            };
            parts.push(Part::new(first, value.last, Statement::SokolowLyon(span)));
        }
    }
    parts
}
