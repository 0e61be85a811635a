//! What stands around a phrase: does the sentence assert it, deny it, or leave it open?
//!
//! In go the tokens of a text and the first and the last token of a phrase, out comes a [`Stance`]. The work follows
//! `NegEx` (Chapman 2001): cue words before or after the phrase whose scope ends with the clause. Where `NegEx` would
//! guess, this leaves open.

use super::super::tokens::Token;

/// No scope is longer than this many tokens.
const SCOPE: usize = 24;

/// How a sentence stands to a phrase of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// It says so.
    Asserted,
    /// It says that it is not so; with the words of the denial the phrase reaches from `first` to `last`.
    Denied {
        /// First token, cue included.
        first: usize,
        /// Last token, cue included.
        last: usize,
    },
    /// It may be so, was so, or it is not clear which.
    Open,
}

const DENIALS: [&str; 14] = [
    "no", "not", "without", "absence", "absent", "never", "neither", "nor", "negative", "free", "lack", "lacks",
    "denies", "rather",
];

/// Words that may stand between a cue and what it denies.
const FILLERS: [&str; 40] = [
    "a",
    "an",
    "any",
    "apparent",
    "clear",
    "consistent",
    "definite",
    "demonstrate",
    "evidence",
    "exhibit",
    "for",
    "have",
    "in",
    "indicate",
    "indication",
    "indications",
    "indicative",
    "marked",
    "mild",
    "obvious",
    "of",
    "overt",
    "persistent",
    "presence",
    "relative",
    "reveal",
    "show",
    "sign",
    "significant",
    "signs",
    "sinus",
    "suggest",
    "suggestion",
    "than",
    "the",
    "true",
    "underlying",
    "with",
    "resting",
    "features",
];

const HEDGES: [&str; 45] = [
    "assess",
    "avoid",
    "can",
    "cannot",
    "cause",
    "causes",
    "concern",
    "concerning",
    "consider",
    "considered",
    "considering",
    "could",
    "criteria",
    "defined",
    "definition",
    "equivocal",
    "evaluate",
    "exclude",
    "if",
    "likely",
    "may",
    "might",
    "monitor",
    "possible",
    "possibly",
    "potential",
    "potentially",
    "predispose",
    "prevent",
    "probable",
    "probably",
    "questionable",
    "risk",
    "rule",
    "ruled",
    "should",
    "suspected",
    "suspicious",
    "threshold",
    "treat",
    "treatment",
    "unless",
    "unlikely",
    "whether",
    "would",
];

/// Words that move a whole sentence away from the ECG at hand.
const ELSEWHERE: [&str; 12] = [
    "compared",
    "differential",
    "earlier",
    "formerly",
    "history",
    "hx",
    "past",
    "previous",
    "previously",
    "prior",
    "versus",
    "vs",
];

/// Words after which a phrase that "is not" so is denied and not merely qualified ("is not severe").
const SEEN: [&str; 9] =
    ["apparent", "demonstrated", "detected", "evident", "found", "identified", "noted", "observed", "present"];

fn is_denial(token: &Token<'_>) -> bool {
    token.is_one_of(&DENIALS) || token.word().is_some_and(|word| word.ends_with("n't") || word.ends_with("n’t"))
}

/// Does a sentence end here? Anything before or after is about something else.
pub fn ends_sentence(token: &Token<'_>) -> bool {
    token.is_mark(&['.', '!', '?', ';', '\n'])
}

fn ends_clause(token: &Token<'_>) -> bool {
    ends_sentence(token)
        || token.is_mark(&[',', ':', '(', ')'])
        || token.is_one_of(&["but", "with", "while", "whereas", "although", "however"])
}

/// The tokens before `first`, nearest first, until `end` says stop.
pub fn before<'t, 'a>(
    tokens: &'t [Token<'a>],
    first: usize,
    end: fn(&Token<'a>) -> bool,
) -> impl Iterator<Item = (usize, &'t Token<'a>)> {
    tokens[..first].iter().enumerate().rev().take(SCOPE).take_while(move |(_, token)| !end(token))
}

/// The tokens after `last`, nearest first, until `end` says stop.
fn after<'t, 'a>(
    tokens: &'t [Token<'a>],
    last: usize,
    end: fn(&Token<'a>) -> bool,
) -> impl Iterator<Item = &'t Token<'a>> {
    tokens[last + 1..].iter().take(SCOPE).take_while(move |token| !end(token))
}

/// Is the phrase only asked, considered, or said of another time?
pub fn is_open(tokens: &[Token<'_>], first: usize, last: usize) -> bool {
    let asked = tokens[last + 1..].iter().take(SCOPE).find(|token| ends_sentence(token));
    let elsewhere = before(tokens, first, ends_sentence)
        .any(|(at, token)| token.is_one_of(&ELSEWHERE) && !(token.is("prior") && tokens[at + 1].is("to")));
    asked.is_some_and(|end| end.is_mark(&['?']))
        || elsewhere
        || before(tokens, first, ends_clause).any(|(_, token)| token.is_one_of(&HEDGES))
}

/// How the sentence stands to the phrase from token `first` to token `last`.
pub fn stance(tokens: &[Token<'_>], first: usize, last: usize) -> Stance {
    if is_open(tokens, first, last) || is_doubted_after(tokens, last) {
        return Stance::Open;
    }
    denied_after(tokens, first, last).or_else(|| denied_before(tokens, first, last)).unwrap_or(Stance::Asserted)
}

/// "… is possible", "… cannot be excluded", "… may be present".
fn is_doubted_after(tokens: &[Token<'_>], last: usize) -> bool {
    let any = |words: &[&str]| after(tokens, last, ends_clause).take(6).any(|token| token.is_one_of(words));
    any(&["possible", "unlikely", "suspected", "considered", "cannot"])
        || (any(&["may", "might", "could"]) && any(&["present", "seen", "occur", "develop"]))
}

/// "… is absent", "… was not seen".
fn denied_after(tokens: &[Token<'_>], first: usize, last: usize) -> Option<Stance> {
    let verbs = after(tokens, last, ends_clause)
        .take_while(|token| token.is_one_of(&["is", "are", "was", "were", "has", "been"]))
        .count();
    let cue = last + verbs + 1;
    match tokens.get(cue) {
        Some(token) if verbs > 0 && token.is_one_of(&["absent", "excluded"]) => {
            Some(Stance::Denied { first, last: cue })
        }
        Some(token) if verbs > 0 && is_denial(token) => {
            let seen = tokens.get(cue + 1).is_some_and(|token| token.is_one_of(&SEEN) || token.is("seen"));
            Some(if seen { Stance::Denied { first, last: cue + 1 } } else { Stance::Open })
        }
        _ => {
            // "Tachycardia and bradycardia are absent": said of the first too, but not in its words.
            let joined =
                tokens.get(last + 1).is_some_and(|token| token.is_one_of(&["and", "or"]) || token.is_mark(&[',']));
            let denied = after(tokens, last, ends_sentence)
                .take_while(|token| !token.is_one_of(&["but", "with"]))
                .any(|token| token.is_one_of(&["absent", "excluded"]));
            (joined && denied).then_some(Stance::Open)
        }
    }
}

/// "No …", "without evidence of …", "no ST elevation, ectopy or …".
fn denied_before(tokens: &[Token<'_>], first: usize, last: usize) -> Option<Stance> {
    let nearest = last_before_fillers(tokens, first);
    let previous = nearest.map(|at| &tokens[at]);
    if let Some(cue) = nearest.filter(|at| is_denial(&tokens[*at])) {
        let twice = last_before_fillers(tokens, cue).is_some_and(|at| is_denial(&tokens[at]));
        return Some(if twice { Stance::Open } else { Stance::Denied { first: cue, last } });
    }
    let followed_by_or = || after(tokens, last, ends_sentence).any(|token| token.is_one_of(&["or", "nor"]));
    let cue_of_list = || {
        let end: fn(&Token<'_>) -> bool =
            |token| ends_sentence(token) || token.is_one_of(&["but", "while", "which", "is", "are"]);
        before(tokens, first, end).find(|(_, token)| is_denial(token)).map(|(at, _)| at)
    };
    if previous.is_some_and(|token| token.is("or")) {
        return Some(cue_of_list().map_or(Stance::Open, |cue| Stance::Denied { first: cue, last }));
    }
    let in_list = previous.is_some_and(|token| token.is_mark(&[','])) && cue_of_list().is_some() && followed_by_or();
    let alternative = tokens.get(last + 1).is_some_and(|token| token.is("or"));
    let unclear = before(tokens, first, ends_clause).any(|(_, token)| is_denial(token));
    (in_list || alternative || unclear).then_some(Stance::Open)
}

/// The nearest token before `at` that is no filler.
fn last_before_fillers(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    before(tokens, at, ends_sentence).find(|(_, token)| !token.is_one_of(&FILLERS)).map(|(at, _)| at)
}
