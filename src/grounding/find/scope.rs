//! What stands around a phrase: does the sentence assert it, deny it, doubt it, or speak of something else?
//!
//! In go the tokens of a text and the first and the last token of a phrase, out comes a [`Stance`]. The work follows `NegEx`
//! (Chapman et al., J Biomed Inform 2001) and its hedging extension `ConText` (Harkema et al., J Biomed Inform 2009): cue
//! words before or after the phrase. Their scope is walked, not guessed: from the phrase outwards over words that pass a cue
//! on, and over other phrases of the same list.

use super::super::tokens::Token;

/// No scope is longer than this many tokens.
const SCOPE: usize = 28;
/// A doubt reaches no further back than this over words of any kind.
const DOUBT: usize = 9;

/// How a sentence stands to a phrase of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stance {
    /// It says that it is not so.
    pub is_denied: bool,
    /// It is not sure.
    pub is_hedged: bool,
    /// The word before it that denies it.
    pub denial: Option<usize>,
    /// It speaks of another time, asks, or gives advice: nothing is said of this ECG.
    pub is_elsewhere: bool,
}

const DENIALS: &str = "no not without absence never neither nor negative free lack lacks denies rather excludes exclude \
    excluding excluded rules ruling against cannot none lacking loss";

/// Words that may stand between a denial and what it denies.
const PASSING: &str = "a an any the apparent clear consistent definite demonstrate evidence exhibit for have in indicate \
    indication indications indicative marked mild obvious of overt persistent presence relative reveal \
    show showing sign signs significant sinus suggest suggestion suggestive than true underlying with \
    resting features meet meets criteria acute old new previous prior visible discernible identifiable \
    identified clearly pathological pathologic abnormal abnormality abnormalities isolated frequent \
    premature other appreciable detectable definitive suspicious further associated relevant conduction \
    high grade either left right major specific concerning myocardial acutely hypertrophy pre excitation \
    out as such arrhythmia arrhythmias complete first degree second third reciprocal dynamic convincing \
    active evident coronary occlusion relation";

/// Words that make what follows, or what they follow, a mere possibility.
const HEDGES: &str = "concern concerning could likely may maybe might perhaps possible possibly potential potentially \
    presumed probable probably questionable suggest suggested suggesting suggestion suggestive suggests \
    suspect suspected suspicious suspicion possibility hint apparently presumably";

/// Words that move what follows in the sentence away from the ECG at hand.
const ELSEWHERE: &str = "compared comparison differential earlier formerly history hx past previously versus vs if unless \
    whether monitor monitored monitoring assess evaluate evaluated prevent treat treatment risk \
    predispose defined definition threshold recommended should would rule  cause causes avoid \
    develop develops";

/// Words after a phrase that say that it is there.
const SEEN: &str = "apparent demonstrated detected evident found identified noted observed present seen visible \
    discernible identifiable appreciated met prominent";

fn is_denial(token: &Token<'_>) -> bool {
    token.is_among(DENIALS) || token.word().is_some_and(|word| word.ends_with("n't") || word.ends_with("n’t"))
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

fn sentence_after<'t, 'a>(tokens: &'t [Token<'a>], last: usize) -> impl Iterator<Item = &'t Token<'a>> {
    tokens[last + 1..].iter().take(SCOPE).take_while(|token| !ends_sentence(token))
}

/// Is the phrase asked, advised, or said of another time?
pub fn is_elsewhere(tokens: &[Token<'_>], first: usize, last: usize) -> bool {
    let asked = tokens[last + 1..].iter().take(SCOPE).find(|token| ends_sentence(token));
    let moved = before(tokens, first, ends_sentence).any(|(at, token)| {
        // "Ventricular rate", "should be considered" and "rules out" are something else.
        token.is_among(ELSEWHERE) && !tokens.get(at + 1).is_some_and(|next| next.is("to") && token.is("prior"))
    });
    let after: Vec<&Token<'_>> = sentence_after(tokens, last).take(7).collect();
    let says = |words: &[&str]| after.iter().any(|token| token.is_one_of(words));
    let explained = says(&["may", "can", "could"]) && says(&["caused", "due", "occur", "develop", "result"]);
    let gone = says(&["resolved", "disappeared", "previously", "recommended"]);
    asked.is_some_and(|end| end.is_mark(&['?'])) || moved || explained || gone
}

/// Is the phrase doubted by what stands before it in its clause?
pub fn is_hedged_before(tokens: &[Token<'_>], first: usize) -> bool {
    before(tokens, first, ends_clause).take(DOUBT).any(|(_, token)| token.is_among(HEDGES))
}

/// What other phrases of the sentence cover: walking over them keeps a list together.
#[derive(Clone, Copy, Debug)]
pub struct Phrases<'p> {
    /// For each token, whether it belongs to a phrase that states a finding.
    pub finding: &'p [bool],
    /// For each token, whether it belongs to a phrase that names leads.
    pub leads: &'p [bool],
}

/// How the sentence stands to the phrase from `first` to `last`. `is_abnormal`: it names something that an "and" after a
/// denied phrase denies as well.
pub fn stance(tokens: &[Token<'_>], phrases: Phrases<'_>, first: usize, last: usize, is_abnormal: bool) -> Stance {
    let inside = tokens[first..=last]
        .iter()
        .any(|token| token.is_one_of(&["no", "not", "without", "cannot", "absent", "absence"]));
    let before = walk_back(tokens, phrases, first, is_abnormal);
    let after = look_after(tokens, phrases, last);
    let is_hedged = before.is_hedged || after.is_hedged;
    Stance {
        is_denied: inside || before.is_denied || after.is_denied,
        is_hedged,
        denial: before.denial,
        is_elsewhere: before.is_relative || is_elsewhere(tokens, first, last),
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Cue {
    is_denied: bool,
    is_hedged: bool,
    /// The word that denies.
    denial: Option<usize>,
    /// It only describes what is denied: "no Q waves suggestive of infarction".
    is_relative: bool,
}

/// From the phrase back to a cue.
fn walk_back(tokens: &[Token<'_>], phrases: Phrases<'_>, first: usize, is_abnormal: bool) -> Cue {
    let mut cue = Cue::default();
    let mut at = first;
    let mut free = true;
    let mut listed = true;
    let mut crossed_hedged = false;
    while at > 0 && first - at < SCOPE {
        at -= 1;
        let token = &tokens[at];
        if ends_sentence(token) {
            break;
        }
        if listed && is_denial(token) {
            if cue.is_hedged && crossed_hedged {
                return Cue { is_relative: true, ..cue };
            }
            let twice = at > 0 && is_denial(&tokens[at - 1]);
            cue.is_denied = !(twice || token.is_among("rather cannot"));
            return Cue { denial: cue.is_denied.then_some(at), ..cue };
        }
        if free && first - at <= DOUBT && token.is_among(HEDGES) {
            cue.is_hedged = true;
        }
        let in_list = token.is_one_of(&["or", "nor"])
            || token.is_mark(&[',', '/', '-', '(', ')'])
            || (token.is("and") && is_abnormal)
            || phrases.finding[at]
            || phrases.leads[at];
        crossed_hedged |= phrases.finding[at] && cue.is_hedged;
        if phrases.finding[at] || token.is_mark(&[',', ':']) || token.is_one_of(&["with", "but", "while", "whereas"]) {
            free = false;
        }
        if !(in_list || token.is_among(PASSING)) {
            listed = false;
        }
        if !listed && !free {
            break;
        }
    }
    cue
}

/// "… is absent", "… was not seen", "… is possible", "… cannot be excluded", "… should be considered".
fn look_after(tokens: &[Token<'_>], phrases: Phrases<'_>, last: usize) -> Cue {
    let mut cue = Cue::default();
    let mut at = last + 1;
    // Over the leads, and over what is listed with it.
    while at < tokens.len() && at - last < SCOPE {
        let token = &tokens[at];
        let joins = token.is_one_of(&["in", "and", "or", "pattern", "the"]) || token.is_mark(&['(', ')']);
        if !(joins || phrases.leads[at] || phrases.finding[at]) {
            break;
        }
        at += 1;
    }
    let rest: Vec<&Token<'_>> = tokens[at.min(tokens.len())..]
        .iter()
        .take(7)
        .take_while(|token| !ends_clause(token) && !token.is_one_of(&["and", "in"]))
        .collect();
    let verbs = rest
        .iter()
        .take_while(|token| {
            token.is_one_of(&["is", "are", "was", "were", "has", "have", "been", "be", "to", "appears", "appear"])
        })
        .count();
    let says = |words: &[&str]| rest.iter().any(|token| token.is_one_of(words));
    let is_verb = verbs > 0
        || rest.first().is_some_and(|token| token.is_one_of(&["cannot", "may", "might", "could", "should", "can"]));
    if !is_verb {
        return cue;
    }
    if says(&["cannot", "can't"]) || (says(&["can"]) && says(&["not"])) {
        let doubted = says(&["excluded", "ruled", "exclude"]);
        let unseen = says(&["identified", "seen", "discerned", "detected", "visualized"]);
        return Cue { is_hedged: doubted, is_denied: unseen && !doubted, ..cue };
    }
    cue.is_hedged = says(&["considered", "possible", "suspected", "likely", "probable", "unlikely", "questionable"])
        || (says(&["may", "might", "could"]) && says(&["present", "be"]));
    let denied = rest.get(verbs).is_some_and(|token| {
        token.is_one_of(&["absent", "excluded", "unlikely", "lacking", "ruled"])
            || (is_denial(token) && rest[verbs + 1..].iter().take(2).any(|token| token.is_among(SEEN)))
    });
    cue.is_denied = denied;
    cue
}
