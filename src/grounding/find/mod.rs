//! The claims of a reading, found in its words.
//!
//! In goes free English text, out come [`FoundClaim`]s: what is stated, of which leads, denied or doubted or not, and which
//! bytes of the text state it. The way there, each step a file:
//!
//! 1. [`leads`]: phrases that name leads.
//! 2. [`lexicon`]: patterns of words, with the words themselves in [`signs`], [`rhythms`] and [`diagnoses`].
//! 3. [`amplitudes`], [`quantities`], [`heart_rate`]: numbers with what they measure, and how a quantity is called.
//! 4. [`attach`]: which leads, and which size, belong to which phrase.
//! 5. [`scope`]: what the sentence denies, doubts, or says of something else.
//!
//! Left out on purpose, because they state nothing of this ECG: other rates (atrial, flutter, pacemaker settings,
//! respiration, paper speed), reference ranges, earlier recordings and histories, advice and questions. What is only
//! considered ("possible", "suggestive of") is a claim, marked as hedged; "consistent with" is how readings state a finding.

mod amplitudes;
mod attach;
mod diagnoses;
mod heart_rate;
mod leads;
mod lexicon;
mod quantities;
mod rhythms;
mod scope;
mod signs;
mod statement;
mod value;
mod words;

use std::sync::LazyLock;

pub use leads::LeadSet;
pub use statement::{Class, Diagnosis, FoundClaim, Quantity, Rhythm, Sign, Site, Span, Statement, Wave};

use super::tokens::{Token, tokens};
use leads::LeadPhrase;
use lexicon::{Lexicon, Mention};
use scope::{Phrases, ends_sentence, stance};

/// What a pattern of the lexicon means.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meaning {
    /// It states this.
    Is(Concept),
    /// It states the contrary: "ST deviation" is what "isoelectric" denies.
    Isnt(Concept),
    /// It depends on what stands before.
    Bare(BareWord),
    /// It looks like a claim and is none.
    Nothing,
}

/// What a phrase can state by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Concept {
    Sign(Sign),
    Rhythm(Rhythm),
    Diagnosis(Diagnosis),
    Class(Quantity, Class),
}

impl Concept {
    fn statement(self) -> Statement {
        match self {
            Concept::Sign(sign) => Statement::Sign(sign, None),
            Concept::Rhythm(rhythm) => Statement::Rhythm(rhythm),
            Concept::Diagnosis(diagnosis) => Statement::Diagnosis(diagnosis, None),
            Concept::Class(quantity, class) => Statement::Class(quantity, class),
        }
    }
}

/// A word that needs the phrase before it: "inverted in V1, flat in V2".
#[derive(Clone, Copy, Debug, PartialEq)]
enum BareWord {
    Elevation,
    Depression,
    StLevel,
    Inverted,
    Upright,
    Flat,
    Biphasic,
    Precede,
}

/// A statement and the tokens that make it, before it is known how the sentence stands to it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    first: usize,
    last: usize,
    statement: Statement,
    /// Is it known already that it is denied?
    is_denied: bool,
    /// Does the phrase name the contrary of the statement?
    is_contrary: bool,
    is_hedged: bool,
    leads: Option<LeadSet>,
}

impl Part {
    fn new(first: usize, last: usize, statement: Statement) -> Part {
        Part { first, last, statement, is_denied: false, is_contrary: false, is_hedged: false, leads: None }
    }
}

static LEXICON: LazyLock<Lexicon<Meaning>> =
    LazyLock::new(|| Lexicon::new(&[signs::SIGNS, rhythms::RHYTHMS, diagnoses::DIAGNOSES]));

/// Finds the claims of a text, in its order and without overlap.
pub fn find_claims(text: &str) -> Vec<FoundClaim> {
    let lower = text.to_ascii_lowercase();
    let tokens = tokens(&lower);
    let phrases = leads::find(&tokens);
    let covered = |places: &mut dyn Iterator<Item = (usize, usize)>| {
        let mut mask = vec![false; tokens.len()];
        for (first, last) in places {
            mask[first..=last].fill(true);
        }
        mask
    };
    let in_leads = covered(&mut phrases.iter().map(|phrase| (phrase.first, phrase.last)));
    let mentions = LEXICON.mentions(&tokens, &in_leads);
    let mentioned = covered(&mut mentions.iter().map(|mention| (mention.first, mention.last)));
    let mut parts = resolve(&tokens, &mentions);
    parts.extend(amplitudes::find(&tokens, &phrases));
    let finding = {
        let mut mask = mentioned.clone();
        for part in &parts {
            mask[part.first..=part.last].fill(true);
        }
        mask
    };
    let called: Vec<(usize, Quantity)> = mentions.iter().filter_map(called).collect();
    parts.extend(quantities::find(&tokens, &mentioned, &called));
    parts.sort_by_key(|part| (part.first, part.last));
    attach::attach(&tokens, &phrases, &mut parts);
    let mut claims: Vec<Part> =
        parts.into_iter().filter_map(|part| judged(&tokens, &finding, &in_leads, part)).collect();
    claims.extend(
        heart_rate::find(&tokens)
            .into_iter()
            .map(|rate| Part { is_hedged: rate.is_hedged, ..Part::new(rate.first, rate.last, rate.statement()) }),
    );
    claims.sort_by_key(|part| (part.first, part.last));
    without_repeats(&tokens, &mut claims);
    apart(&tokens, &claims)
}

/// The quantity of which a mention says how it is called, and where: a value may follow.
fn called(mention: &Mention<Meaning>) -> Option<(usize, Quantity)> {
    match mention.meaning {
        Meaning::Is(Concept::Class(quantity, _)) => Some((mention.last, quantity)),
        _ => None,
    }
}

/// Gives a part the stance of its sentence; none where the sentence says nothing of this ECG.
fn judged(tokens: &[Token<'_>], finding: &[bool], in_leads: &[bool], part: Part) -> Option<Part> {
    let phrases = Phrases { finding, leads: in_leads };
    let stance = stance(tokens, phrases, part.first, part.last, is_abnormal(&part.statement));
    let is_value = matches!(
        part.statement,
        Statement::Interval(..)
            | Statement::Axis(_)
            | Statement::Amplitude(..)
            | Statement::SokolowLyon(_)
            | Statement::HeartRate(_)
    );
    let is_denied = part.is_contrary != (part.is_denied || (stance.is_denied && !is_value));
    // "No" belongs to the words of what it denies, unless other phrases stand between.
    let between = |cue: &usize| (*cue + 1..part.first).all(|at| !finding[at] && !in_leads[at]);
    let first = stance.denial.filter(between).filter(|_| !is_value).unwrap_or(part.first);
    (!stance.is_elsewhere).then_some(Part { first, is_denied, is_hedged: stance.is_hedged, ..part })
}

/// Is it something that "no … and …" denies as well?
fn is_abnormal(statement: &Statement) -> bool {
    match statement {
        Statement::Sign(sign, _) => !matches!(
            sign,
            Sign::StIsoelectric | Sign::TUpright | Sign::TNormal | Sign::PUpright | Sign::RProgressionNormal
        ),
        Statement::Rhythm(rhythm) => !matches!(
            rhythm,
            Rhythm::Sinus
                | Rhythm::NormalSinus
                | Rhythm::SinusBradycardia
                | Rhythm::SinusTachycardia
                | Rhythm::SinusArrhythmia
                | Rhythm::Regular
                | Rhythm::PPresent
                | Rhythm::PBeforeQrs
        ),
        Statement::Diagnosis(diagnosis, _) => *diagnosis != Diagnosis::NormalEcg,
        _ => false,
    }
}

/// The parts that mentions state, each bare word by what stands before it.
fn resolve(tokens: &[Token<'_>], mentions: &[Mention<Meaning>]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (index, mention) in mentions.iter().enumerate() {
        let same_sentence = |part: &&Part| !tokens[part.last..=mention.first].iter().any(ends_sentence);
        let before = parts.last().filter(same_sentence);
        let (concept, is_contrary) = match mention.meaning {
            Meaning::Nothing => continue,
            Meaning::Is(concept) => (concept, false),
            Meaning::Isnt(concept) => (concept, true),
            Meaning::Bare(BareWord::StLevel) => {
                parts.extend(attach::st_level(tokens, mention.first, mention.last));
                continue;
            }
            Meaning::Bare(word) => match before.and_then(|before| bare(word, before, mention.first)) {
                Some(concept) => (concept, false),
                None => continue,
            },
        };
        let mut part = Part { is_contrary, ..Part::new(mention.first, mention.last, concept.statement()) };
        match &mut part.statement {
            Statement::Diagnosis(_, site) => {
                if let Some((first, found)) = attach::site(tokens, mention.first, mention.last) {
                    (part.first, *site) = (first.min(part.first), Some(found));
                    part.last = part.last.max(first);
                }
            }
            // "2:1 AV block"
            Statement::Rhythm(rhythm @ Rhythm::AvBlock) => {
                let ratio = mention.first.checked_sub(3).map(|at| &tokens[at..mention.first]);
                if let Some([many, colon, one]) = ratio
                    && many.number().is_some()
                    && colon.is_mark(&[':'])
                    && one.number().is_some()
                {
                    *rhythm = Rhythm::AvBlock2;
                    part.first -= 3;
                }
            }
            // "The P wave, QRS complex, and T wave are all inverted"
            Statement::Sign(sign @ (Sign::TInverted | Sign::TUpright), _) => {
                let p_sign = if *sign == Sign::TInverted { Sign::PInverted } else { Sign::PUpright };
                parts.extend(attach::p_wave_in_list(tokens, mention.first, p_sign));
            }
            Statement::Sign(Sign::PathologicalQ, _) if !is_contrary => {
                let next = mentions.get(index + 1).map_or(tokens.len(), |next| next.first);
                part.is_contrary = attach::is_harmless(tokens, mention.last, next);
            }
            _ => {}
        }
        parts.push(part);
    }
    parts
}

/// What a bare word means after this part.
fn bare(word: BareWord, before: &Part, at: usize) -> Option<Concept> {
    use Sign as S;
    let Statement::Sign(sign, _) = before.statement else { return None };
    let is_st = matches!(sign, S::StElevation | S::StDepression | S::StIsoelectric);
    let is_t = matches!(sign, S::TInverted | S::TUpright | S::TFlat | S::TTall | S::TBiphasic | S::TNormal);
    let is_p = matches!(sign, S::PUpright | S::PInverted);
    let sign = match word {
        BareWord::Elevation if is_st && at - before.last <= 4 => S::StElevation,
        BareWord::Depression if is_st && at - before.last <= 4 => S::StDepression,
        BareWord::Inverted if is_t => S::TInverted,
        BareWord::Upright if is_t => S::TUpright,
        BareWord::Flat if is_t => S::TFlat,
        BareWord::Biphasic if is_t => S::TBiphasic,
        BareWord::Inverted if is_p => S::PInverted,
        BareWord::Upright if is_p => S::PUpright,
        BareWord::Precede if is_p && at == before.last + 1 => return Some(Concept::Rhythm(Rhythm::PBeforeQrs)),
        _ => return None,
    };
    Some(Concept::Sign(sign))
}

/// Leaves out what a sentence says a second time.
fn without_repeats(tokens: &[Token<'_>], claims: &mut Vec<Part>) {
    let mut kept: Vec<Part> = Vec::with_capacity(claims.len());
    for part in claims.drain(..) {
        let said = |other: &&Part| {
            other.statement == part.statement && other.leads == part.leads && other.is_denied == part.is_denied
        };
        let same_sentence =
            |other: &&Part| other.last < part.first && !tokens[other.last..part.first].iter().any(ends_sentence);
        let repeated = kept.iter().rev().take(12).filter(same_sentence).any(|other| said(&other));
        if !repeated {
            kept.push(part);
        }
    }
    *claims = kept;
}

/// The claims with their bytes: where two share words, the second has those that are left.
fn apart(tokens: &[Token<'_>], parts: &[Part]) -> Vec<FoundClaim> {
    let mut end = 0;
    let mut claims = Vec::new();
    for part in parts {
        let mut first = part.first.max(end);
        if first > part.last {
            continue;
        }
        if first > part.first {
            let joins = |token: &&Token<'_>| {
                token.is_one_of(&["of", "at", "is", "and", "or", "was"])
                    || token.is_mark(&[',', '(', ')', '/', ':', '-'])
            };
            first += tokens[first..part.last].iter().take_while(joins).count();
        }
        end = part.last + 1;
        claims.push(FoundClaim {
            from: tokens[first].from,
            to: tokens[part.last].to,
            statement: part.statement,
            is_denied: part.is_denied,
            is_hedged: part.is_hedged,
            leads: part.leads,
        });
    }
    claims
}

/// Does this phrase belong to the leads of a part?
fn is_within(phrase: &LeadPhrase, part: &Part) -> bool {
    phrase.first >= part.first && phrase.last <= part.last
}

#[cfg(test)]
mod tests;
