//! Ventricular rates in numbers: "heart rate of 72 bpm", "HR 98", "a rate between 60 and 70 beats per minute".
//!
//! In go the tokens of a text, out come [`Rate`]s. A number is a rate by its unit (`bpm`, `beats per minute`), or by
//! its subject (`rate`, `HR`, `pulse`) when it has no other unit; `/min` needs a subject or "at".

use super::super::tokens::{Token, TokenKind};
use super::scope::{before, ends_sentence, is_elsewhere, is_hedged_before};
use super::statement::{Span, Statement};

/// Words that join a subject to its number and change nothing.
const CONNECTORS: [&str; 43] = [
    "a",
    "about",
    "an",
    "approx",
    "approximate",
    "approximately",
    "are",
    "around",
    "as",
    "at",
    "average",
    "averages",
    "averaging",
    "be",
    "being",
    "between",
    "calculated",
    "close",
    "determined",
    "estimated",
    "from",
    "has",
    "in",
    "is",
    "limits",
    "mean",
    "measured",
    "measures",
    "measuring",
    "nearly",
    "of",
    "range",
    "ranges",
    "ranging",
    "remains",
    "roughly",
    "rhythm",
    "and",
    "the",
    "to",
    "was",
    "were",
    "varies",
];

/// Words before a number that make it a bound, a difference or a denial.
const REFUSALS: [&str; 24] = [
    "above",
    "below",
    "beyond",
    "by",
    "exceed",
    "exceeded",
    "exceeding",
    "exceeds",
    "except",
    "increased",
    "decreased",
    "least",
    "most",
    "never",
    "no",
    "not",
    "outside",
    "over",
    "than",
    "under",
    "up",
    "within",
    "without",
    "every",
];

/// What a rate is when it is none of the ventricles, or not of this ECG.
const OTHER_RATES: [&str; 30] = [
    "atrial",
    "flutter",
    "wave",
    "waves",
    "p",
    "f",
    "respiratory",
    "respiration",
    "breathing",
    "sampling",
    "sample",
    "sweep",
    "paper",
    "recording",
    "frame",
    "pacing",
    "pacemaker",
    "pacer",
    "lower",
    "upper",
    "target",
    "maximum",
    "maximal",
    "max",
    "minimum",
    "predicted",
    "intrinsic",
    "filling",
    "discharge",
    "expected",
];

/// What a number counts when it counts no beats a minute.
const OTHER_UNITS: [&str; 39] = [
    "beat", "beats", "mm", "cm", "ms", "msec", "s", "sec", "secs", "second", "seconds", "hz", "khz", "mv", "µv", "uv",
    "year", "years", "yo", "degrees", "degree", "percent", "large", "small", "big", "little", "boxes", "box",
    "squares", "square", "nd", "rd", "st", "th", "leads", "divided", "times", "x", "minutes",
];

/// Words that say that the ventricles are spoken of.
const VENTRICLES: [&str; 8] = ["ventricular", "heart", "hr", "qrs", "pulse", "ventricles", "cardiac", "sinus"];

/// Most connectors between a subject and its number.
const MOST_CONNECTORS: usize = 8;

/// No ventricular rate is lower: 15 bpm is the lowest that a monitor shows (IEC 60601-2-27), an agonal one is half of it.
const LEAST_BPM: f64 = 8.0;

/// A rate in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// First token: that of the subject, where there is one.
    pub first: usize,
    /// First token of what says the same without the subject; [`Rate::first`] where nothing does.
    pub number: usize,
    /// Last token.
    pub last: usize,
    /// Is it doubted?
    pub is_hedged: bool,
    from_bpm: f64,
    to_bpm: f64,
}

impl Rate {
    /// What it says.
    pub fn statement(&self) -> Statement {
        Statement::HeartRate(Span { from: self.from_bpm, to: self.to_bpm })
    }
}

/// Finds every rate in numbers, in the order of the text.
pub fn find(tokens: &[Token<'_>]) -> Vec<Rate> {
    let mut rates: Vec<Rate> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(value) = Value::at(tokens, at) {
            rates.extend(rate(tokens, &value));
            at = value.last;
        }
        at += 1;
    }
    rates
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Beats,
    PerMinute,
    None,
}

/// A number or a range of numbers with its unit.
struct Value {
    first: usize,
    last: usize,
    from_bpm: f64,
    to_bpm: f64,
    unit: Unit,
}

impl Value {
    /// The value that begins with token `at`; `None` when there is none, or when its unit is another.
    fn at(tokens: &[Token<'_>], at: usize) -> Option<Value> {
        let low = tokens[at].number()?;
        if at > 0 && tokens[at - 1].is_mark(&['/', '×', '÷', '+']) {
            return None;
        }
        let after_low = unit(tokens, at + 1);
        let dash = tokens.get(after_low.1).filter(|token| {
            let between = tokens[at.saturating_sub(1)].is("between") || tokens[at.saturating_sub(1)].is("both");
            token.is_mark(&['-']) || token.is("to") || (token.is("and") && between)
        });
        let high = dash.and_then(|_| tokens.get(after_low.1 + 1)).and_then(Token::number);
        let (high, (unit, next)) = match high {
            Some(high) => (high, unit(tokens, after_low.1 + 2)),
            None => (low, after_low),
        };
        let value = Value { first: at, last: next - 1, from_bpm: low.min(high), to_bpm: low.max(high), unit };
        (unit != Unit::None || !has_other_unit(tokens, value.last)).then_some(value)
    }
}

/// The unit at token `at`, and the token after it.
fn unit(tokens: &[Token<'_>], at: usize) -> (Unit, usize) {
    let is = |offset: usize, words: &[&str]| tokens.get(at + offset).is_some_and(|token| token.is_one_of(words));
    let per =
        |offset: usize| is(offset, &["per", "a"]) || tokens.get(at + offset).is_some_and(|token| token.is_mark(&['/']));
    let minute = ["min", "minute"];
    if is(0, &["bpm"]) {
        (Unit::Beats, at + 1)
    } else if is(0, &["beats", "beat"]) && per(1) && is(2, &minute) {
        (Unit::Beats, at + 3)
    } else if per(0) && is(1, &minute) {
        (Unit::PerMinute, at + 2)
    } else {
        (Unit::None, at)
    }
}

/// Does the number that ends with token `last` count something else, or is it part of a larger expression?
fn has_other_unit(tokens: &[Token<'_>], last: usize) -> bool {
    let Some(next) = tokens.get(last + 1) else { return false };
    let touches = next.from == tokens[last].to;
    let followed = tokens.get(last + 2).is_some_and(|token| token.from == next.to);
    match next.kind {
        TokenKind::Word(word) => touches || OTHER_UNITS.contains(&word),
        TokenKind::Number(_) | TokenKind::Mark('%' | '°' | '/' | '×' | '÷' | '+' | '=' | '\'' | '"') => true,
        TokenKind::Mark('-' | ':' | ',') => touches && followed,
        TokenKind::Mark(_) => false,
    }
}

/// The rate that a value states, if it states one.
fn rate(tokens: &[Token<'_>], value: &Value) -> Option<Rate> {
    let is_connector =
        |token: &Token<'_>| token.is_one_of(&CONNECTORS) || token.is_mark(&[':', '=', '~', '≈', '(', '|']);
    let connectors =
        tokens[..value.first].iter().rev().take(MOST_CONNECTORS).take_while(|token| is_connector(token)).count();
    let stop = (value.first - connectors).checked_sub(1);
    let between = &tokens[value.first - connectors..value.first];
    let has = |word: &str| between.iter().any(|token| token.is(word));
    let subject = stop.filter(|at| is_subject(tokens, *at));
    let mut number = value.first;
    let mut first = number;
    if let Some(last) = subject {
        first = subject_start(tokens, last);
        let range_of_norm = value.to_bpm > value.from_bpm && first > 0 && tokens[first - 1].is("normal");
        if first.checked_sub(1).is_some_and(|at| tokens[at].is_one_of(&OTHER_RATES)) || range_of_norm {
            return None;
        }
    } else if let Some(at) = stop {
        let token = &tokens[at];
        let range = value.to_bpm > value.from_bpm;
        let norm = token.is_one_of(&["normal", "reference"]) && range && !has("at");
        let inside = |at: usize| range && tokens[at].is("within");
        if norm {
            // "Within the normal range of 60-100 bpm" is said of the patient, "normal 60-100 bpm" is not.
            let start = (0..at).rev().take(2).find(|at| !tokens[*at].is("the"))?;
            if !inside(start) {
                return None;
            }
            number = start;
        } else if inside(at) {
            number = at;
        } else if token.is_one_of(&REFUSALS) || token.is_mark(&['<', '>', '≤', '≥', '±']) {
            return None;
        }
        first = number;
    }
    let needs_at = value.unit == Unit::PerMinute && subject.is_none();
    if (needs_at && !has("at")) || (value.unit == Unit::None && subject.is_none()) {
        return None;
    }
    if needs_at {
        let at = between.iter().rposition(|token| token.is("at")).unwrap_or(0);
        first = value.first - connectors + at;
        number = first;
    }
    if value.unit != Unit::Beats {
        number = first;
    } else if number == value.first && number > 0 && tokens[number - 1].is("between") && value.to_bpm > value.from_bpm {
        // The word "and" makes a range only after "between".
        number -= 1;
        first = first.min(number);
    }
    let last = value.last;
    let other =
        speaks_of_atria(tokens, first, last) || is_elsewhere(tokens, first, last) || is_change(tokens, stop, between);
    // Fewer are beats of another kind: "PVCs at a rate of 6 per minute".
    let other = other || value.to_bpm < LEAST_BPM;
    let is_hedged = is_hedged_before(tokens, first);
    (!other).then_some(Rate { first, number, last, is_hedged, from_bpm: value.from_bpm, to_bpm: value.to_bpm })
}

/// Is the token the last of a subject such as "ventricular rate"?
fn is_subject(tokens: &[Token<'_>], at: usize) -> bool {
    let after_number = at > 0 && tokens[at - 1].number().is_some();
    tokens[at].is_one_of(&["rate", "rates", "pulse"]) || (tokens[at].is_one_of(&["hr", "vr"]) && !after_number)
}

/// The first token of the subject that ends with token `last`.
pub fn subject_start(tokens: &[Token<'_>], last: usize) -> usize {
    let part = |token: &&Token<'_>| {
        token.is_one_of(&["heart", "ventricular", "sinus", "pulse", "cardiac", "average", "mean", "resting", "overall"])
    };
    last - tokens[..last].iter().rev().take(3).take_while(part).count()
}

/// Is the number that of P waves, flutter waves or the atria? What is nearest counts.
fn speaks_of_atria(tokens: &[Token<'_>], first: usize, last: usize) -> bool {
    let after = tokens[last + 1..].iter().take(2).any(|token| token.is_one_of(&["atrial", "flutter"]));
    let of_ventricles = tokens[first..=last].iter().any(|token| token.is_one_of(&VENTRICLES));
    let mut clause = true;
    for (at, token) in before(tokens, first, ends_sentence) {
        let next = |words: &[&str]| tokens[at + 1..].iter().take(2).any(|token| token.is_one_of(words));
        let atria = token.is_one_of(&["flutter", "fibrillatory", "atria"])
            || (token.is("atrial")
                && next(&["rate", "activity", "beats", "waves", "depolarization", "depolarizations"]))
            || (clause && token.is_one_of(&["p", "f"]) && next(&["wave", "waves"]));
        if atria && !of_ventricles {
            return true;
        }
        if token.is_one_of(&VENTRICLES) {
            break;
        }
        clause &= !(token.is_mark(&[',', ':', '(', ')']) || token.is_one_of(&["and", "with", "while", "but"]));
    }
    after && !of_ventricles
}

/// "Increased from 60 to 100 bpm" tells of two times.
fn is_change(tokens: &[Token<'_>], stop: Option<usize>, between: &[Token<'_>]) -> bool {
    let changes = [
        "increased",
        "increases",
        "increasing",
        "decreased",
        "decreases",
        "rose",
        "fell",
        "slowed",
        "changed",
        "accelerated",
        "up",
        "down",
    ];
    let stops = stop.is_some_and(|at| tokens[at].is_one_of(&changes));
    stops && between.iter().any(|token| token.is_one_of(&["from", "to"]))
}
