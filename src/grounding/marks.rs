//! Where a claim is pointed at on a page.
//!
//! In: a checked claim. Out: marks in the leads and seconds that carry it.

use super::{Claim, Verdict};
use crate::ecg::Lead;
use crate::paper::{Mark, MarkKind};

/// The most leads in which one claim is marked.
const MOST_MARKED: usize = 6;

/// The marks of a claim, in seconds from the start of the window.
pub fn marks(claim: &Claim) -> Vec<Mark> {
    let kind = match claim.verdict {
        Verdict::Supported => MarkKind::Supported,
        Verdict::Contradicted => MarkKind::Contradicted,
        Verdict::NotMeasurable => MarkKind::NotMeasurable,
    };
    // All twelve in colour would show nothing: what all leads carry is shown in lead II, where rates are read.
    let few = claim.leads.len() <= MOST_MARKED;
    let one = claim.leads.iter().find(|lead| *lead == "II").or(claim.leads.first());
    let marked: Vec<&String> = if few { claim.leads.iter().collect() } else { one.into_iter().collect() };
    let mark = |lead: &String| Mark {
        lead: Lead::from_name(lead),
        from_s: claim.from_s,
        to_s: claim.to_s,
        label: Some(claim.text.clone()),
        kind,
    };
    marked.into_iter().map(mark).collect()
}
