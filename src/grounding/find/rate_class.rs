//! Rate classes in words: "sinus bradycardia", "a normal heart rate", "the rate is fast", "no tachycardia".
//!
//! In go the tokens of a text, out come phrases that each state a set of classes.

use super::super::tokens::Token;
use super::context::{Stance, ends_sentence, stance};
use super::heart_rate::subject_start;
use super::{Phrase, RateClass, RateClasses, Statement};

/// Rhythms that have a rate in their name: another claim than that of the rate.
const RHYTHMS: [&str; 27] = [
    "ventricular",
    "supraventricular",
    "atrial",
    "junctional",
    "nodal",
    "reentrant",
    "reentry",
    "reciprocating",
    "paroxysmal",
    "complex",
    "qrs",
    "polymorphic",
    "monomorphic",
    "multifocal",
    "ectopic",
    "fascicular",
    "idioventricular",
    "escape",
    "mediated",
    "av",
    "induced",
    "fetal",
    "orthostatic",
    "nonsustained",
    "sustained",
    "svt",
    "vt",
];

/// Words after a class that make another word of it.
const COMPOUNDS: [&str; 16] = [
    "syndrome",
    "induced",
    "mediated",
    "dependent",
    "variability",
    "limit",
    "limits",
    "range",
    "alarm",
    "alarms",
    "control",
    "related",
    "corrected",
    "threshold",
    "pacing",
    "reserve",
];

/// A phrase that names a class, before it is known whether the sentence asserts it.
struct Candidate {
    first: usize,
    last: usize,
    classes: RateClasses,
    /// What is known already from inside the phrase.
    denied: bool,
    /// Denying the phrase denies more than its rate.
    only_asserted: bool,
}

/// Finds every rate class, in the order of the text.
pub fn find(tokens: &[Token<'_>]) -> Vec<Phrase> {
    let candidates: Vec<Candidate> = candidates(tokens);
    let mut phrases: Vec<Phrase> = Vec::new();
    for candidate in &candidates {
        let phrase = |first, last, classes| Phrase { first, last, statement: Statement::RateClass(classes) };
        match (stance(tokens, candidate.first, candidate.last), candidate.denied) {
            (Stance::Asserted, false) => phrases.push(phrase(candidate.first, candidate.last, candidate.classes)),
            (Stance::Asserted, true) => {
                phrases.push(phrase(candidate.first, candidate.last, candidate.classes.complement()));
            }
            (Stance::Denied { first, last }, false) if !candidate.only_asserted => {
                // One denial of several words is one claim: none of them.
                let inside = |other: &&Candidate| first <= other.first && other.last <= last;
                let rest = candidates
                    .iter()
                    .filter(inside)
                    .fold(candidate.classes.complement(), |rest, other| rest.intersection(other.classes.complement()));
                phrases.retain(|earlier| earlier.last < first);
                phrases.push(phrase(first, last, rest));
            }
            _ => {}
        }
    }
    phrases
}

fn candidates(tokens: &[Token<'_>]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for at in 0..tokens.len() {
        let found =
            [named(tokens, at), normal_sinus_rhythm(tokens, at), before_rate(tokens, at), after_rate(tokens, at)];
        for candidate in found.into_iter().flatten() {
            match candidates.last_mut() {
                Some(last) if last.last >= candidate.first => {
                    // "The rate is tachycardic" is one claim, not two.
                    if candidate.last - candidate.first > last.last - last.first {
                        *last = candidate;
                    }
                }
                _ => candidates.push(candidate),
            }
        }
    }
    candidates
}

/// "Sinus bradycardia", "tachycardic".
fn named(tokens: &[Token<'_>], at: usize) -> Option<Candidate> {
    let class = match tokens[at].word()? {
        "bradycardia" | "bradycardic" => RateClass::Bradycardia,
        "tachycardia" | "tachycardic" => RateClass::Tachycardia,
        _ => return None,
    };
    let previous = at.checked_sub(1).map(|previous| &tokens[previous]);
    let sinus = previous.is_some_and(|token| token.is("sinus"));
    let first = if sinus { at - 1 } else { at };
    let touching = |token: &Token<'_>| token.is_mark(&['/']) || (token.is_mark(&['-']) && token.from == tokens[at].to);
    let next = tokens.get(at + 1);
    let compound = next.is_some_and(|token| touching(token) || token.is("syndrome"))
        || previous.is_some_and(|token| token.is_mark(&['/', '-']));
    (!compound && !names_rhythm(tokens, first)).then(|| Candidate {
        first,
        last: at,
        classes: RateClasses::only(class),
        denied: false,
        only_asserted: false,
    })
}

/// Is the word at `at` the end of a name such as "ventricular tachycardia" or "ventricular fibrillation or tachycardia"?
fn names_rhythm(tokens: &[Token<'_>], at: usize) -> bool {
    let mut before = tokens[..at].iter().rev().take_while(|token| !ends_sentence(token));
    match before.next() {
        Some(token) if token.is_one_of(&["or", "and"]) => {
            before.next().is_some_and(|token| token.is_one_of(&["fibrillation", "flutter"]))
        }
        Some(token) => token.is_one_of(&RHYTHMS),
        None => false,
    }
}

/// "Normal sinus rhythm" has a rate of 60 to 100 bpm by definition; "not a normal sinus rhythm" may fail by anything.
fn normal_sinus_rhythm(tokens: &[Token<'_>], at: usize) -> Option<Candidate> {
    let is = |offset: usize, word: &str| tokens.get(at + offset).is_some_and(|token| token.is(word));
    let last = if is(0, "nsr") {
        at
    } else if is(0, "normal") && is(1, "sinus") && is(2, "rhythm") {
        at + 2
    } else {
        return None;
    };
    let classes = RateClasses::only(RateClass::Normal);
    Some(Candidate { first: at, last, classes, denied: false, only_asserted: true })
}

fn adjective(token: &Token<'_>) -> Option<RateClass> {
    match token.word()? {
        "normal" => Some(RateClass::Normal),
        "slow" | "low" | "bradycardic" => Some(RateClass::Bradycardia),
        "fast" | "rapid" | "high" | "elevated" | "tachycardic" => Some(RateClass::Tachycardia),
        _ => None,
    }
}

/// "A normal heart rate", "slow ventricular response", "normal rhythm and rate".
fn before_rate(tokens: &[Token<'_>], at: usize) -> Option<Candidate> {
    let class = adjective(&tokens[at])?;
    let part = |token: &&Token<'_>| {
        token.is_one_of(&["heart", "ventricular", "sinus", "pulse", "cardiac", "resting", "rhythm", "and", "regular"])
    };
    let last = at + 1 + tokens[at + 1..].iter().take(4).take_while(part).count();
    let head = tokens.get(last)?;
    let response = head.is("response") && tokens[last - 1].is("ventricular");
    let next = tokens.get(last + 1);
    let compound = next.is_some_and(|token| token.is_one_of(&COMPOUNDS) || token.is_mark(&['-']));
    // "The normal heart rate is 60 to 100 bpm" teaches; it says nothing of this ECG.
    let taught = next.is_some_and(|token| token.is_one_of(&["is", "ranges"]))
        && tokens
            .get(last + 2)
            .is_some_and(|token| token.number().is_some() || token.is_one_of(&["between", "from", "defined"]));
    ((head.is("rate") || response) && !compound && !taught).then(|| Candidate {
        first: at,
        last,
        classes: RateClasses::only(class),
        denied: false,
        only_asserted: false,
    })
}

/// "The rate is slow", "rate and rhythm are normal", "heart rate: normal", "the rate is within normal limits".
fn after_rate(tokens: &[Token<'_>], at: usize) -> Option<Candidate> {
    if !tokens[at].is("rate") {
        return None;
    }
    let first = subject_start(tokens, at);
    let other = first.checked_sub(1).is_some_and(|before| {
        tokens[before].is_one_of(&["atrial", "flutter", "wave", "respiratory", "sweep", "sampling", "pacing", "paper"])
    });
    let skip = |from: usize, words: &[&str]| {
        from + tokens[from.min(tokens.len())..].iter().take(3).take_while(|token| token.is_one_of(words)).count()
    };
    let mut next = skip(at + 1, &["and", "rhythm"]);
    if tokens.get(next).is_some_and(|token| token.is_mark(&[':', '='])) {
        next += 1;
    }
    next = skip(next, &["is", "are", "was", "were", "appears", "appear", "remains"]);
    let negated = tokens.get(next).is_some_and(|token| token.is_one_of(&["not", "neither"]));
    next = skip(
        next + usize::from(negated),
        &["to", "be", "very", "slightly", "mildly", "markedly", "relatively", "also", "too"],
    );
    let within = skip(next, &["within", "in"]);
    let (class, last) = if within > next {
        let normal = skip(within, &["the", "a"]);
        let ends = tokens.get(normal).is_some_and(|token| token.is("normal"))
            && tokens.get(normal + 1).is_some_and(|token| token.is_one_of(&["limits", "range"]));
        (ends.then_some(RateClass::Normal)?, normal + 1)
    } else {
        (adjective(tokens.get(next)?)?, next)
    };
    // "Normal or slow" leaves it open, "neither slow nor fast" says more.
    let joined = tokens.get(last + 1).is_some_and(|token| token.is_one_of(&["or", "nor", "to"]));
    let second = tokens.get(last + 2).and_then(adjective);
    let mut classes = RateClasses::only(class);
    let last = match second {
        Some(second) if joined && negated => {
            classes = classes.union(RateClasses::only(second));
            last + 2
        }
        Some(_) if joined => return None,
        _ => last,
    };
    (!other).then_some(Candidate { first, last, classes, denied: negated, only_asserted: false })
}
