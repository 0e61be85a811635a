//! Which leads a phrase names: "leads II, III and aVF", "V1 through V4", "the inferior leads", "all leads except aVR".
//!
//! In go the tokens of a text, out come [`LeadPhrase`]s from left to right.

use super::super::tokens::{Token, TokenKind};
use crate::ecg::{Lead, STANDARD_LEADS};

/// Some of the standard leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadSet {
    /// Bit n is lead n of [`STANDARD_LEADS`].
    bits: u16,
    /// Those that the sentence or the text before has not named.
    pub is_rest: bool,
}

impl LeadSet {
    /// These, by their places on the page.
    const fn of(places: &[u16]) -> LeadSet {
        let (mut bits, mut at) = (0, 0);
        while at < places.len() {
            bits |= 1 << places[at];
            at += 1;
        }
        LeadSet { bits, is_rest: false }
    }

    /// "The remaining leads".
    pub const REST: LeadSet = LeadSet { bits: 0, is_rest: true };
    /// Inferior: II, III, aVF.
    pub const INFERIOR: LeadSet = LeadSet::of(&[1, 2, 5]);
    /// Lateral: I, aVL, V5, V6.
    pub const LATERAL: LeadSet = LeadSet::of(&[0, 4, 10, 11]);
    /// Anterior: V1 to V4 as readings use the word.
    pub const ANTERIOR: LeadSet = LeadSet::of(&[6, 7, 8, 9]);
    /// Septal: V1, V2.
    pub const SEPTAL: LeadSet = LeadSet::of(&[6, 7]);
    /// V1 to V6.
    pub const CHEST: LeadSet = LeadSet::of(&[6, 7, 8, 9, 10, 11]);
    /// I to aVF.
    pub const LIMB: LeadSet = LeadSet::of(&[0, 1, 2, 3, 4, 5]);
    /// The standard twelve.
    pub const ALL: LeadSet = LeadSet { bits: 0xfff, is_rest: false };

    /// The leads of both.
    #[must_use]
    pub fn with(self, other: LeadSet) -> LeadSet {
        LeadSet { bits: self.bits | other.bits, is_rest: self.is_rest || other.is_rest }
    }

    /// The leads of this one that the other has not.
    #[must_use]
    pub fn without(self, other: LeadSet) -> LeadSet {
        LeadSet { bits: self.bits & !other.bits, is_rest: self.is_rest }
    }

    /// Is there none?
    pub fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Its leads in the order of the page.
    pub fn leads(self) -> Vec<Lead> {
        let inside = |(place, lead): (usize, &Lead)| (self.bits & (1 << place) != 0).then(|| lead.clone());
        STANDARD_LEADS.iter().enumerate().filter_map(inside).collect()
    }

    /// The same leads, as if each were named.
    #[must_use]
    pub fn spelled_out(self) -> LeadSet {
        LeadSet { is_rest: false, ..self }
    }
}

/// A phrase that names leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeadPhrase {
    /// First token.
    pub first: usize,
    /// Last token.
    pub last: usize,
    /// The leads.
    pub leads: LeadSet,
}

/// Words before "leads" that say which.
fn group(word: &str) -> Option<LeadSet> {
    Some(match word {
        "inferior" => LeadSet::INFERIOR,
        "lateral" => LeadSet::LATERAL,
        "anterior" => LeadSet::ANTERIOR,
        "septal" => LeadSet::SEPTAL,
        "anteroseptal" => LeadSet::of(&[6, 7, 8]),
        "anterolateral" => LeadSet::of(&[8, 9, 10, 11, 0, 4]),
        "inferolateral" => LeadSet::INFERIOR.with(LeadSet::of(&[10, 11])),
        "precordial" | "chest" => LeadSet::CHEST,
        "limb" | "frontal" | "extremity" => LeadSet::LIMB,
        _ => return None,
    })
}

/// Every phrase that names leads, from left to right.
pub fn find(tokens: &[Token<'_>]) -> Vec<LeadPhrase> {
    let mut found: Vec<LeadPhrase> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match phrase(tokens, at) {
            Some(phrase) => {
                at = phrase.last + 1;
                found.push(phrase);
            }
            None => at += 1,
        }
    }
    found
}

fn phrase(tokens: &[Token<'_>], at: usize) -> Option<LeadPhrase> {
    let named = named_group(tokens, at);
    let (mut leads, mut end) = if let Some((leads, end)) = named {
        // "The inferior leads (II, III, aVF)": the list says it better.
        let is = |at: usize, mark: char| tokens.get(at).is_some_and(|token| token.is_mark(&[mark]));
        let open = usize::from(is(end, '('));
        list(tokens, end + open, true)
            .map_or((leads, end), |(listed, after)| (listed, after + usize::from(is(after, ')'))))
    } else {
        let introduced = tokens[at].is_one_of(&["lead", "leads"]);
        let colon = introduced && tokens.get(at + 1).is_some_and(|token| token.is_mark(&[':']));
        let skip = usize::from(introduced) + usize::from(colon);
        list(tokens, at + skip, introduced || before_lead(tokens, at))?
    };
    if tokens.get(end).is_some_and(|token| token.is_one_of(&["except", "excluding"])) {
        let skip =
            tokens[end + 1..].iter().take_while(|token| token.is_one_of(&["for", "lead", "leads", "in"])).count();
        if let Some((except, after)) = list(tokens, end + 1 + skip, true) {
            (leads, end) = (leads.without(except), after);
        }
    }
    Some(LeadPhrase { first: at, last: end - 1, leads })
}

/// "in I": without "lead" a single letter is one only where a lead can stand.
fn before_lead(tokens: &[Token<'_>], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| {
        tokens[before].is_one_of(&["in", "and", "leads", "lead", "across"]) || tokens[before].is_mark(&['(', ','])
    })
}

/// "inferior leads", "inferior or lateral leads", "all leads", "the precordium", "remaining leads".
fn named_group(tokens: &[Token<'_>], at: usize) -> Option<(LeadSet, usize)> {
    let word = tokens[at].word()?;
    if matches!(word, "precordium" | "precordially") {
        return Some((LeadSet::CHEST, at + 1));
    }
    let is_leads = |at: usize| tokens.get(at).is_some_and(|token| token.is_one_of(&["leads", "lead", "derivations"]));
    let standard = |from: usize| {
        from + tokens[from.min(tokens.len())..]
            .iter()
            .take(3)
            .take_while(|token| {
                token.is_one_of(&["the", "twelve", "standard", "other", "ecg", "of"])
                    || token.number() == Some(12.0)
                    || token.is_mark(&['-'])
            })
            .count()
    };
    match word {
        "all" | "every" | "any" | "each" | "multiple" => {
            let noun = standard(at + 1);
            if let Some((leads, end)) = named_group_words(tokens, noun) {
                return Some((leads, end));
            }
            return (is_leads(noun) && word != "multiple").then_some((LeadSet::ALL, noun + 1));
        }
        "remaining" | "other" => return is_leads(standard(at + 1)).then(|| (LeadSet::REST, standard(at + 1) + 1)),
        "same" => return is_leads(at + 1).then_some((LeadSet::default(), at + 2)),
        _ => {}
    }
    named_group_words(tokens, at)
}

fn named_group_words(tokens: &[Token<'_>], at: usize) -> Option<(LeadSet, usize)> {
    let side = tokens.get(at)?;
    if side.is_one_of(&["left", "right", "lateral", "high"]) {
        let halves = match (side.word(), tokens.get(at + 1).and_then(Token::word)) {
            (Some("left" | "lateral"), Some("precordial" | "chest")) => Some(LeadSet::of(&[9, 10, 11])),
            (Some("right"), Some("precordial" | "chest")) => Some(LeadSet::of(&[6, 7, 8])),
            (Some("high"), Some("lateral")) => Some(LeadSet::of(&[0, 4])),
            _ => None,
        };
        if let Some(half) =
            halves.filter(|_| tokens.get(at + 2).is_some_and(|token| token.is_one_of(&["leads", "lead"])))
        {
            return Some((half, at + 3));
        }
    }
    let mut leads = group(side.word()?)?;
    let mut end = at + 1;
    loop {
        let separators = tokens[end..]
            .iter()
            .take(2)
            .take_while(|token| token.is_one_of(&["and", "or"]) || token.is_mark(&[',', '/', '-']))
            .count();
        let Some(more) = tokens.get(end + separators).filter(|_| separators > 0).and_then(Token::word).and_then(group)
        else {
            break;
        };
        leads = leads.with(more);
        end += separators + 1;
    }
    tokens.get(end).is_some_and(|token| token.is_one_of(&["leads", "lead"])).then_some((leads, end + 1))
}

/// A list of leads and ranges; a single "I" only where `introduced`.
fn list(tokens: &[Token<'_>], at: usize, introduced: bool) -> Option<(LeadSet, usize)> {
    let (mut leads, mut end) = item(tokens, at)?;
    let alone = end == at + 1 && tokens[at].is("i");
    loop {
        let separators = tokens[end.min(tokens.len())..]
            .iter()
            .take(4)
            .take_while(|token| {
                token.is_one_of(&["and", "or", "as", "well", "lead", "leads", "in"])
                    || token.is_mark(&[',', '/', '&', '+'])
            })
            .count();
        // "… in V1, in V2" goes on; "V5 in lead" does not.
        let joined = tokens[end.min(tokens.len())..]
            .iter()
            .take(separators)
            .any(|token| token.is_one_of(&["and", "or", "well"]) || token.is_mark(&[',', '/', '&', '+']));
        let Some((more, after)) = (separators > 0 && joined).then(|| item(tokens, end + separators)).flatten() else {
            break;
        };
        // "In V1, II is …" begins something new only with a verb; lists are far more common.
        leads = leads.with(more);
        end = after;
    }
    (introduced || !alone || end > at + 1).then_some((leads, end))
}

/// One lead, or a range of them.
fn item(tokens: &[Token<'_>], at: usize) -> Option<(LeadSet, usize)> {
    let from = place(tokens.get(at)?)?;
    let mut next = at + 1;
    let joins =
        tokens.get(next).is_some_and(|token| token.is_mark(&['-']) || token.is_one_of(&["to", "through", "thru"]));
    if joins {
        next += 1 + usize::from(tokens.get(next + 1).is_some_and(|token| token.is_one_of(&["lead"])));
        let to = tokens.get(next).and_then(|token| match token.kind {
            // "V1-4"
            TokenKind::Number(n) if from >= 6 && (1.0..=6.0).contains(&n) => Some(n as u16 + 5),
            _ => place(token),
        });
        if let Some(to) = to.filter(|to| *to > from) {
            return Some((LeadSet { bits: (from..=to).fold(0, |bits, n| bits | 1 << n), is_rest: false }, next + 1));
        }
    }
    Some((LeadSet::of(&[from]), at + 1))
}

/// The place of a lead on the page.
fn place(token: &Token<'_>) -> Option<u16> {
    let word = token.word()?;
    Lead::from_name(word).standard_index().map(|place| place as u16)
}

#[cfg(test)]
mod tests {
    use super::super::super::tokens::tokens;
    use super::*;

    #[test]
    fn leads_are_named_in_many_ways() {
        for (text, expected) in [
            ("in leads ii, iii, and avf", "II III aVF"),
            ("in v1 through v4 and i", "I V1 V2 V3 V4"),
            ("v2-4", "V2 V3 V4"),
            ("in i and avl", "I aVL"),
            ("in the inferior leads (ii, iii, avf)", "II III aVF"),
            ("in the inferior or lateral leads", "I II III aVL aVF V5 V6"),
            ("in all leads except avr", "I II III aVL aVF V1 V2 V3 V4 V5 V6"),
            ("across the precordium", "V1 V2 V3 V4 V5 V6"),
            ("the anterior leads (v1-v4)", "V1 V2 V3 V4"),
            ("in lead iii", "III"),
            ("i think that", ""),
            ("the right precordial leads", "V1 V2 V3"),
        ] {
            let found = find(&tokens(text));
            let names: Vec<String> =
                found.iter().flat_map(|phrase| phrase.leads.leads()).map(|lead| lead.to_string()).collect();
            assert_eq!(names.join(" "), expected, "{text}: {found:?}");
        }
    }
}
