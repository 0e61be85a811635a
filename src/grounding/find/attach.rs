//! Which leads, sizes and walls belong to which phrase.
//!
//! In go the tokens, the phrases that name leads and the parts in the order of the text, out come the parts with their leads
//! and, for ST deviations, their sizes. Leads stand after a phrase ("ST elevation in V2-V4"), after a list of phrases that
//! share them ("ST elevation and T wave inversion in V2-V4"), or before as the subject ("leads V2-V4 show ST elevation").

use super::super::tokens::Token;
use super::leads::{LeadPhrase, LeadSet};
use super::scope::ends_sentence;
use super::statement::{Sign, Site, Span, Statement};
use super::value::{self, Bound, Unit, Value};
use super::{Part, is_abnormal, is_within};

/// Words between a phrase and its leads.
const BETWEEN: &str = "is are was were be been seen noted present observed visible evident identified detected apparent \
    found in across over throughout within of the about approximately up to at least by measuring \
    reaching most prominent prominently predominantly especially mainly maximal particularly complexes complex qrs voltage \
    segment pattern also clearly both absent not recorded measured can mm mv millimeters millimeter \
    noticed amplitude from involving";
/// The farthest that leads or a size stand from their phrase, in tokens.
const FARTHEST: usize = 12;

/// Is it said of leads? R wave progression is said of all chest leads at once.
fn is_sign(part: &Part) -> bool {
    match part.statement {
        Statement::Sign(sign, _) => !matches!(sign, Sign::RProgressionNormal | Sign::RProgressionPoor),
        _ => false,
    }
}

/// Gives every part that single leads show its leads and size.
pub fn attach(tokens: &[Token<'_>], phrases: &[LeadPhrase], parts: &mut Vec<Part>) {
    let behind: Vec<Option<usize>> = (0..parts.len())
        .map(|index| is_sign(&parts[index]).then(|| leads_behind(tokens, phrases, parts, index)).flatten())
        .collect();
    let mut named = LeadSet::default();
    let mut more: Vec<Part> = Vec::new();
    for index in 0..parts.len() {
        let takes_leads = is_sign(&parts[index]) || matches!(parts[index].statement, Statement::Amplitude(..));
        if !takes_leads {
            continue;
        }
        let shared = shared_behind(tokens, parts, &behind, index);
        let own = parts[index].leads;
        let subject = || subject(tokens, phrases, parts, &behind, index);
        let phrase = behind[index].or(shared).or_else(|| own.is_none().then(subject).flatten());
        let mut leads = own.or(phrase.map(|at| phrases[at].leads));
        if let Some(found) = &mut leads {
            if found.is_rest {
                *found = LeadSet::REST.with(LeadSet::ALL.without(named));
            } else if found.is_empty() {
                // "In the same leads"
                *found = parts[..index].iter().rev().find_map(|part| part.leads).unwrap_or(LeadSet::ALL);
            }
            named = named.with(found.spelled_out());
        }
        parts[index].leads = leads;
        let next = parts.get(index + 1).map_or(tokens.len(), |part| part.first);
        if let Statement::Sign(Sign::StElevation | Sign::StDepression, size) = &mut parts[index].statement
            && size.is_none()
        {
            size_of(tokens, phrases, &mut parts[index], behind[index], next);
            more.extend(further(tokens, phrases, &parts[index], behind[index]));
        }
    }
    parts.extend(more);
    parts.sort_by_key(|part| (part.first, part.last));
}

/// The phrase that names leads behind a part.
fn leads_behind(tokens: &[Token<'_>], phrases: &[LeadPhrase], parts: &[Part], index: usize) -> Option<usize> {
    // "ST segments in V1-V3 are elevated"
    if let Some(inside) = phrases.iter().position(|phrase| is_within(phrase, &parts[index])) {
        return Some(inside);
    }
    let mut at = parts[index].last + 1;
    let next = parts.get(index + 1).map_or(tokens.len(), |part| part.first);
    while at < tokens.len().min(parts[index].last + 1 + FARTHEST) && at < next {
        if let Some(found) = phrases.iter().position(|phrase| phrase.first == at) {
            return Some(found);
        }
        let token = &tokens[at];
        // "ST depression, maximal in V5"
        let most = token.is_mark(&[','])
            && tokens
                .get(at + 1)
                .is_some_and(|next| next.is_among("maximal most predominantly especially mainly particularly"));
        let passes = most
            || token.is_among(BETWEEN)
            || token.number().is_some()
            || token.is_mark(&['(', ')', '-', '~', '≈', '\'', '>', '≥', '’']);
        if !passes {
            return None;
        }
        at += 1;
    }
    None
}

/// The leads behind the next part, when nothing but "and" or "or" stands between.
fn shared_behind(tokens: &[Token<'_>], parts: &[Part], behind: &[Option<usize>], index: usize) -> Option<usize> {
    let mut at = index;
    while behind[at].is_none() {
        // "No ST elevation and upright T waves in V2-V6" are two things.
        let alike =
            |next: &&Part| is_sign(next) && is_abnormal(&next.statement) == is_abnormal(&parts[index].statement);
        let next = parts.get(at + 1).filter(alike)?;
        let between = tokens.get(parts[at].last + 1..next.first)?;
        let joins = between.iter().all(|token| {
            token.is_among("and or nor no with along associated the qrs complex complexes")
                || token.is_mark(&[',', '/', '-'])
        });
        if !joins || between.len() > 5 {
            return None;
        }
        at += 1;
    }
    behind[at]
}

/// The leads before a part in its sentence that stand behind no other.
fn subject(
    tokens: &[Token<'_>],
    phrases: &[LeadPhrase],
    parts: &[Part],
    behind: &[Option<usize>],
    index: usize,
) -> Option<usize> {
    let first = parts[index].first;
    let before = phrases.partition_point(|phrase| phrase.last < first);
    let at = (0..before)
        .rev()
        .find(|at| !behind.contains(&Some(*at)) && !parts.iter().any(|part| is_within(&phrases[*at], part)))?;
    let between = &tokens[phrases[at].last..first];
    (!between.iter().any(ends_sentence)).then_some(at)
}

fn sized(value: &Value) -> Span {
    let span = Span::between(value.span.from.abs(), value.span.to.abs());
    match value.bound {
        Bound::Exact => span,
        Bound::AtMost => Span { from: 0.0, to: span.to },
        Bound::AtLeast => Span { from: span.from, to: f64::INFINITY },
    }
}

/// Puts the size of an ST deviation, where it is stated beside it.
fn size_of(tokens: &[Token<'_>], phrases: &[LeadPhrase], part: &mut Part, behind: Option<usize>, next: usize) {
    let voltage = |at: usize| value::at(tokens, at).filter(|value| value.unit == Unit::Voltage);
    // "2 mm of ST elevation", "1 mm horizontal ST depression"
    let before = (1..=5).rev().filter_map(|back| part.first.checked_sub(back)).find_map(|at| {
        let value = voltage(at)?;
        let between = &tokens[(value.last + 1).min(part.first)..part.first];
        let joins = between.iter().all(|token| {
            token.is_one_of(&["of", "horizontal", "downsloping", "upsloping", "convex", "concave", "the"])
        });
        (joins && value.last < part.first).then_some(value)
    });
    let listed = behind.map_or(part.last, |at| phrases[at].last);
    let mut found = before.map(|value| (value, true));
    let mut at = part.last + 1;
    while found.is_none() && at < next.min(part.last + 1 + FARTHEST + listed - part.last) && !ends_sentence(&tokens[at])
    {
        if tokens[at].is_mark(&[',']) && at > listed {
            // "…, measuring 0.25 mV"
            let goes_on = tokens
                .get(at + 1)
                .is_some_and(|token| token.is_one_of(&["measuring", "reaching", "of", "up", "about"]));
            if !goes_on {
                break;
            }
        }
        found = voltage(at).map(|value| (value, false));
        at += 1;
    }
    let Some((value, is_before)) = found else { return };
    if let Statement::Sign(_, size) = &mut part.statement {
        *size = Some(sized(&value));
    }
    if is_before {
        part.first = value.first;
    }
}

/// "… of 1.5 mm in V1, 3 mm in V2 and 2.5 mm in V3": what comes after the first.
fn further(tokens: &[Token<'_>], phrases: &[LeadPhrase], part: &Part, behind: Option<usize>) -> Vec<Part> {
    let mut more = Vec::new();
    let Some(mut last) = behind.map(|at| phrases[at].last) else { return more };
    loop {
        let skip = tokens[last + 1..]
            .iter()
            .take(3)
            .take_while(|token| token.is_one_of(&["and"]) || token.is_mark(&[',']))
            .count();
        let Some(value) = value::at(tokens, last + 1 + skip).filter(|value| value.unit == Unit::Voltage && skip > 0)
        else {
            break;
        };
        let Some(phrase) =
            phrases.iter().find(|phrase| phrase.first == value.last + 2 && tokens[value.last + 1].is("in"))
        else {
            break;
        };
        let statement = match part.statement {
            Statement::Sign(sign, _) => Statement::Sign(sign, Some(sized(&value))),
            other => other,
        };
        more.push(Part { leads: Some(phrase.leads), first: value.first, last: phrase.last, statement, ..*part });
        last = phrase.last;
    }
    more
}

/// "The ST level in V5 is -0.12 mV": a deviation by its sign.
pub fn st_level(tokens: &[Token<'_>], first: usize, last: usize) -> Option<Part> {
    let places = (last + 1..tokens.len().min(last + 1 + FARTHEST)).take_while(|at| !ends_sentence(&tokens[*at]));
    let value = places.filter_map(|at| value::at(tokens, at)).find(|value| value.unit == Unit::Voltage)?;
    let sign = if value.span.to < 0.0 { Sign::StDepression } else { Sign::StElevation };
    Some(Part::new(first, last, Statement::Sign(sign, Some(sized(&value)))))
}

/// The wall that a diagnosis names, and the token that names it.
pub fn site(tokens: &[Token<'_>], first: usize, last: usize) -> Option<(usize, Site)> {
    let passes = |token: &Token<'_>| {
        token.is_one_of(&["wall", "myocardial", "acute", "st", "elevation", "transmural", "subendocardial"])
            || token.is_mark(&['-'])
    };
    let skipped = tokens[..first].iter().rev().take(4).take_while(|token| passes(token)).count();
    let before = first.checked_sub(1 + skipped).and_then(|at| Some((at, Site::from_word(tokens[at].word()?)?)));
    before.or_else(|| {
        let of = tokens.get(last + 1).is_some_and(|token| token.is_one_of(&["of", "in"]));
        let at = last + 2 + usize::from(tokens.get(last + 2).is_some_and(|token| token.is("the")));
        let wall = tokens.get(at + 1).is_some_and(|token| token.is_one_of(&["wall", "territory", "region"]));
        (of && wall).then(|| Some((at, Site::from_word(tokens[at].word()?)?))).flatten()
    })
}

/// "The P wave, QRS complex, and" before "T wave are all inverted": the P wave is as well.
pub fn p_wave_in_list(tokens: &[Token<'_>], t_wave: usize, sign: Sign) -> Option<Part> {
    let list =
        tokens[..t_wave].iter().rev().take(8).take_while(|token| {
            token.is_among("and the qrs complex complexes wave waves p") || token.is_mark(&[',', '-'])
        });
    let first = t_wave - list.count();
    let p = (first..t_wave).find(|at| tokens[*at].is("p") && tokens[at + 1].is_among("wave waves"))?;
    Some(Part::new(p, p + 1, Statement::Sign(sign, None)))
}

/// "… which is not significant", "… is a normal finding": a Q wave that is none to speak of.
pub fn is_harmless(tokens: &[Token<'_>], last: usize, next: usize) -> bool {
    let sentence: Vec<&Token<'_>> = tokens[last + 1..next.max(last + 1)]
        .iter()
        .take(FARTHEST + 2)
        .take_while(|token| !ends_sentence(token))
        .collect();
    sentence.windows(2).any(|pair| {
        (pair[0].is("not") && pair[1].is_among("pathological pathologic significant abnormal"))
            || (pair[0].is_among("is are a") && pair[1].is_among("normal insignificant nonpathological physiological"))
    })
}
