//! Intervals, axis and rate: their values, and how they are called.
//!
//! In go the tokens of a text, out come [`Part`]s: "the PR interval is prolonged at 220 ms" states a class and a value. A
//! noun, or a list of them ("PR, QRS and QT intervals"), is found first; then what is said of it, before it ("a short PR
//! interval") and after it, over words that only join.

use super::super::tokens::Token;
use super::Part;
use super::scope::ends_sentence;
use super::statement::{Class, Quantity, Statement};
use super::value::{self, Bound, Unit, Value};

/// Words between a noun and its value or class.
const JOINING: &str = "is are fixed stable measure present seen was were be appears appear remains remain of at about approximately around roughly estimated \
    calculated measures measured measuring measurement which that slightly mildly markedly moderately \
    significantly severely also both all borderline and the a an to be falls lies in within between \
    constant value upper mean corrected bazett fridericia for by being minimally still well not";
/// The farthest that anything is said of a noun, in tokens.
const FARTHEST: usize = 18;

/// A noun of one or more quantities.
struct Noun {
    first: usize,
    last: usize,
    quantities: Vec<Quantity>,
}

fn quantity(tokens: &[Token<'_>], at: usize) -> Option<(Quantity, usize)> {
    let is = |offset: usize, words: &[&str]| tokens.get(at + offset).is_some_and(|token| token.is_one_of(words));
    let other = |offset: usize| {
        is(offset, &["axis", "voltage", "voltages", "amplitude", "amplitudes", "morphology", "depression", "elevation"])
    };
    let token = &tokens[at];
    match token.word()? {
        "pr" | "pq" if !other(1) && !(is(1, &["segment", "segments"])) => Some((Quantity::Pr, at + 1)),
        "qrs" if !other(1) && !is(1, &["is"]) | is(1, &["is"]) => Some((Quantity::Qrs, at + 1)),
        "qt" if is(1, &["c"]) => Some((Quantity::Qtc, at + 2)),
        "qt" if is(1, &["interval"]) && is(2, &["corrected"]) => Some((Quantity::Qtc, corrected_for(tokens, at + 3))),
        "qt" if is(1, &["corrected"]) => Some((Quantity::Qtc, corrected_for(tokens, at + 2))),
        "qt" => Some((Quantity::Qt, at + 1)),
        "qtc" | "qtcb" | "qtcf" => Some((Quantity::Qtc, at + 1)),
        "corrected" if is(1, &["qt"]) => Some((Quantity::Qtc, at + 2)),
        "rr" => Some((Quantity::Rr, at + 1)),
        "p" if (is(1, &["wave"]) && is(2, &["duration", "width"])) => Some((Quantity::P, at + 2)),
        "p" if is(1, &["duration", "width"]) => Some((Quantity::P, at + 1)),
        _ => None,
    }
}

/// After "corrected": over "for heart rate", "by Bazett".
fn corrected_for(tokens: &[Token<'_>], at: usize) -> usize {
    let named = |token: &&Token<'_>| token.is_among("for by the heart rate bazett fridericia formula using");
    at + tokens[at.min(tokens.len())..].iter().take(4).take_while(named).count()
}

/// "PR interval", "QRS duration", "PR, QRS and QT intervals", "QT/QTc", "axis", "intervals", "heart rate".
fn noun(tokens: &[Token<'_>], at: usize) -> Option<Noun> {
    let is = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|token| token.is_one_of(words));
    if is(at, &["axis"]) {
        let sides = tokens.get(at + 1).is_some_and(|token| token.is_one_of(&["deviation"]));
        return (!sides).then(|| Noun { first: at, last: at, quantities: vec![Quantity::Axis] });
    }
    if is(at, &["intervals"]) {
        return Some(Noun { first: at, last: at, quantities: vec![Quantity::Intervals] });
    }
    if is(at, &["response"]) && at > 0 && is(at - 1, &["ventricular"]) {
        return Some(Noun { first: at - 1, last: at, quantities: vec![Quantity::HeartRate] });
    }
    if is(at, &["rate", "hr"]) {
        let other = at.checked_sub(1).is_some_and(|before| {
            tokens[before].is_one_of(&[
                "atrial",
                "flutter",
                "wave",
                "respiratory",
                "sweep",
                "sampling",
                "pacing",
                "paper",
                "escape",
                "p",
            ])
        });
        let compound = is(at + 1, &["variability", "limit", "limits", "related", "corrected", "control"])
            || tokens.get(at + 1).is_some_and(|token| token.is_mark(&['-']));
        return (!other && !compound).then(|| Noun { first: at, last: at, quantities: vec![Quantity::HeartRate] });
    }
    let (first, mut end) = quantity(tokens, at)?;
    let mut quantities = vec![first];
    loop {
        let named = end + usize::from(is(end, &["interval", "duration"]));
        let separators = tokens[named.min(tokens.len())..]
            .iter()
            .take(3)
            .take_while(|token| token.is_one_of(&["and", "the"]) || token.is_mark(&[',', '/']))
            .count();
        let next = (separators > 0).then(|| tokens.get(named + separators)).flatten();
        let Some((more, after)) = next.and_then(|_| quantity(tokens, named + separators)) else { break };
        // "PR 160, QRS 90" are two nouns: their values stand between them. Here nothing does.
        quantities.push(more);
        end = after;
    }
    while is(end, &["interval", "intervals", "duration", "durations", "complex", "complexes", "width", "segment"]) {
        end += 1;
    }
    Some(Noun { first: at, last: end - 1, quantities })
}

/// The class that a word gives a quantity.
fn class(quantity: Quantity, word: &str) -> Option<Class> {
    use Quantity::{Axis, HeartRate, P, Pr, Qrs, Qt, Qtc};
    Some(match (quantity, word) {
        (_, "normal" | "unremarkable") => Class::Normal,
        (HeartRate, "slow" | "low" | "bradycardic") | (Qrs, "narrow") | (Pr | Qt | Qtc, "short" | "shortened") => {
            Class::Low
        }
        (HeartRate, "fast" | "rapid" | "high" | "elevated" | "tachycardic")
        | (Qrs, "wide" | "broad" | "widened" | "broadened" | "prolonged")
        | (Pr | Qt | Qtc | P, "prolonged" | "long" | "lengthened" | "increased") => Class::High,
        (Axis, "leftward") => Class::Left,
        (Axis, "rightward") => Class::Right,
        _ => return None,
    })
}

/// The side of the known limit that a bound states, if it is one: "QRS < 120 ms", "PR exceeds 200 ms".
fn class_of_bound(quantity: Quantity, value: &Value) -> Option<Class> {
    let limit = value.span.from;
    match (quantity, value.bound) {
        (Quantity::Qrs, Bound::AtMost) if (100.0..=120.0).contains(&limit) => Some(Class::Low),
        (Quantity::Qrs, Bound::AtLeast) if (115.0..=125.0).contains(&limit) => Some(Class::High),
        (Quantity::Pr, Bound::AtLeast) if (195.0..=210.0).contains(&limit) => Some(Class::High),
        (Quantity::Pr, Bound::AtMost) if (110.0..=120.0).contains(&limit) => Some(Class::Low),
        (Quantity::Qtc, Bound::AtLeast) if (440.0..=480.0).contains(&limit) => Some(Class::High),
        (Quantity::Qtc, Bound::AtMost) if (340.0..=360.0).contains(&limit) => Some(Class::Low),
        _ => None,
    }
}

/// The statement of a value, if it can be one of this quantity.
fn measured(quantity: Quantity, value: &Value) -> Option<Statement> {
    let span = value.span;
    match quantity {
        Quantity::Axis => {
            let fits = matches!(value.unit, Unit::Angle | Unit::None) && span.from >= -180.0 && span.to <= 270.0;
            fits.then_some(Statement::Axis(span))
        }
        Quantity::HeartRate | Quantity::Intervals => None,
        _ => {
            let span = match value.unit {
                // "PR 160" is in ms, "QTc 0.42" in s.
                Unit::None if span.to < 3.0 => span.times(1000.0),
                Unit::Time | Unit::None => span,
                _ => return None,
            };
            (20.0..=4000.0).contains(&span.from).then_some(Statement::Interval(quantity, span))
        }
    }
}

/// Finds what is said of intervals, axis and rate. `is_taken` tells which tokens other phrases use.
/// `called` are the phrases of the lexicon that say how a quantity is called, by their last token.
pub fn find(tokens: &[Token<'_>], is_taken: &[bool], called: &[(usize, Quantity)]) -> Vec<Part> {
    let mut nouns: Vec<Noun> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match noun(tokens, at).filter(|_| !is_taken[at]) {
            Some(noun) => {
                at = noun.last + 1;
                nouns.push(noun);
            }
            None => at += 1,
        }
    }
    nouns.extend(called.iter().map(|(at, quantity)| Noun { first: *at, last: *at, quantities: vec![*quantity] }));
    nouns.sort_by_key(|noun| noun.first);
    let is_called = |noun: &Noun| called.iter().any(|(at, _)| *at == noun.first);
    let mut parts = Vec::new();
    for (index, noun) in nouns.iter().enumerate() {
        let adjective = adjective_before(tokens, noun, is_taken);
        let next = nouns.get(index + 1);
        let end =
            next.map_or(tokens.len(), |next| adjective_before(tokens, next, is_taken).map_or(next.first, |(at, _)| at));
        if let Some((at, word)) = adjective {
            let taught = is_reference(tokens, noun, word);
            let classes = noun.quantities.iter().filter_map(|quantity| Some((*quantity, class(*quantity, word)?)));
            for (place, (quantity, class)) in classes.enumerate().filter(|_| !taught) {
                // "Normal PR, QRS and QT intervals": each claim has its own words.
                let first = if place == 0 { at } else { noun.first + place.min(noun.last - noun.first) };
                let last = if noun.quantities.len() == 1 { noun.last } else { first.max(noun.first) };
                parts.push(Part::new(first, last, Statement::Class(quantity, class)));
            }
            if taught {
                continue;
            }
        }
        said_after(tokens, noun, end, is_taken, adjective.is_some() || is_called(noun), &mut parts);
    }
    parts
}

/// "The normal PR interval is 120 to 200 ms" teaches; it says nothing of this ECG.
fn is_reference(tokens: &[Token<'_>], noun: &Noun, word: &str) -> bool {
    let verb = tokens.get(noun.last + 1).is_some_and(|token| token.is_one_of(&["is", "ranges", "range", "lies"]));
    word == "normal" && verb && (noun.last + 2..noun.last + 5).any(|at| value::at(tokens, at).is_some())
}

/// The adjective before a noun, over adverbs and parts of its name.
fn adjective_before<'a>(tokens: &[Token<'a>], noun: &Noun, is_taken: &[bool]) -> Option<(usize, &'a str)> {
    let skipped = tokens[..noun.first]
        .iter()
        .rev()
        .take(3)
        .take_while(|token| {
            token.is_among(
                "qrs electrical cardiac frontal plane mean heart ventricular sinus all resting rhythm and regular",
            ) && noun
                .quantities
                .iter()
                .any(|quantity| matches!(quantity, Quantity::Axis | Quantity::HeartRate | Quantity::Intervals))
        })
        .count();
    let at = noun.first.checked_sub(1 + skipped)?;
    let word = tokens[at].word().filter(|_| !is_taken[at])?;
    noun.quantities.iter().any(|quantity| class(*quantity, word).is_some()).then_some((at, word))
}

/// Values and classes after a noun, up to `end`.
fn said_after(
    tokens: &[Token<'_>],
    noun: &Noun,
    end: usize,
    is_taken: &[bool],
    is_called: bool,
    parts: &mut Vec<Part>,
) {
    let stop = (noun.last + 1 + FARTHEST).min(end);
    let mut at = noun.last + 1;
    let mut values = 0;
    let mut is_classed = is_called;
    let mut first = noun.first;
    let mut is_normal_range = false;
    let push = |parts: &mut Vec<Part>, first: &mut usize, last: usize, statement, is_denied| {
        parts.push(Part { is_denied, ..Part::new(*first, last, statement) });
        *first = last + 1;
    };
    while at < stop && !ends_sentence(&tokens[at]) {
        let token = &tokens[at];
        if is_taken[at] {
            break;
        }
        if let Some(value) = value::at(tokens, at).filter(|_| !is_normal_range) {
            let quantity = noun.quantities[values.min(noun.quantities.len() - 1)];
            let in_brackets = value.first > 0 && tokens[value.first - 1].is_mark(&['(']);
            if is_classed && in_brackets && value.bound != Bound::Exact {
                // "Normal (<120 ms)" explains what is normal.
            } else if let Some(class) = class_of_bound(quantity, &value) {
                let denied = tokens[noun.last + 1..at].iter().any(|token| token.is("not"));
                push(parts, &mut first, value.last, Statement::Class(quantity, class), denied);
                is_classed = true;
            } else if value.bound == Bound::Exact
                && values < noun.quantities.len()
                && let Some(statement) = measured(quantity, &value)
            {
                push(parts, &mut first, value.last, statement, false);
                values += 1;
            } else if quantity == Quantity::HeartRate {
                // Rates in numbers are found elsewhere.
                first = value.last + 1;
            } else if values >= noun.quantities.len() || value.unit == Unit::Rate {
                break;
            }
            at = value.last + 1;
            continue;
        }
        // "(normal 120-200 ms)" is a reference range.
        let in_brackets = at > 0 && tokens[at - 1].is_mark(&['(']);
        let range_follows =
            tokens.get(at + 1).is_some_and(|next| !next.is_mark(&[')', ',']) && !next.is_among("for and"));
        if in_brackets && token.is_one_of(&["normal", "reference"]) && range_follows {
            is_normal_range = true;
            at += 1;
            continue;
        }
        if !is_classed && let Some((last, class_word)) = class_at(tokens, at) {
            let negated = tokens[noun.last + 1..at].iter().any(|token| token.is_one_of(&["not", "neither"]));
            let classes: Vec<(Quantity, Class)> = noun
                .quantities
                .iter()
                .filter_map(|quantity| Some((*quantity, class(*quantity, class_word)?)))
                .collect();
            if classes.is_empty() {
                break;
            }
            let own = classes.len();
            for (place, (quantity, class)) in classes.into_iter().enumerate() {
                let is_last = place + 1 == own;
                let to = if is_last { last } else { first };
                let to = to.max(first);
                push(parts, &mut first, to, Statement::Class(quantity, class), negated);
            }
            is_classed = true;
            // "Within the normal range of 60-100" states no value.
            is_normal_range =
                tokens[last].is_among("range limits") && tokens.get(last + 1).is_some_and(|token| token.is("of"));
            at = last + 1;
            continue;
        }
        if let Some(last) = side_at(tokens, at).filter(|_| noun.quantities == [Quantity::Axis] && !is_classed) {
            let class = if tokens[last].is_among("left leftward") { Class::Left } else { Class::Right };
            push(parts, &mut first, last, Statement::Class(Quantity::Axis, class), false);
            is_classed = true;
            at = last + 1;
            continue;
        }
        let joins = token.is_among(JOINING)
            || token.is_mark(&[',', ':', '=', '(', ')', '~', '≈', '-', '/', '+'])
            || token.is_one_of(&[
                "exceeds",
                "less",
                "greater",
                "more",
                "than",
                "below",
                "above",
                "over",
                "corrected",
                "heart",
                "rate",
                "rhythm",
                "regular",
                "this",
                "normal",
            ])
            || token.is_mark(&['<', '>', '≥', '≤']);
        if !joins {
            break;
        }
        at += 1;
    }
}

/// A class word at `at`, or "within normal limits", with the last token.
fn class_at<'a>(tokens: &[Token<'a>], at: usize) -> Option<(usize, &'a str)> {
    let word = tokens[at].word()?;
    let is = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|token| token.is_one_of(words));
    if word == "normal" && is(at + 1, &["limits", "range", "quadrant"]) {
        return Some((at + 1, word));
    }
    let known = "normal unremarkable slow fast rapid low high elevated bradycardic tachycardic narrow wide broad widened \
                 broadened prolonged leftward rightward long lengthened short shortened increased";
    tokens[at].is_among(known).then_some((at, word))
}

/// "deviated to the left", "shifted left".
fn side_at(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let is = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|token| token.is_one_of(words));
    if !is(at, &["deviated", "shifted", "directed"]) {
        return None;
    }
    (at + 1..at + 4).find(|at| is(*at, &["left", "right", "leftward", "rightward"]))
}
