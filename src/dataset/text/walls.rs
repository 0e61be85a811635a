//! ST segments, T waves and Q waves, with the leads that show them.

use simulators::portrait::{Finding, Wall};

use super::super::facts::{Facts, Sign};
use super::voice::{Voice, leads};
use crate::ecg::Lead;

/// Everything that is found on the walls, or that nothing is.
pub(super) fn walls(facts: &Facts, voice: &mut Voice) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(found) = changed(facts, Finding::StElevation, &facts.elevated) {
        let values = found.values(voice);
        said.push(voice.say(
            &[
                "ST elevation is present in {leads}, up to {height} in {best}.",
                "There is ST segment elevation in leads {leads}, most marked in {best} with {height}.",
                "The ST segments are elevated in {leads} (maximum {height} in {best}).",
            ],
            &values,
        ));
    }
    if let Some(found) = changed(facts, Finding::StDepression, &facts.depressed) {
        let values = found.values(voice);
        said.push(voice.say(
            &[
                "ST depression is seen in {leads}, up to {height} in {best}.",
                "There is ST segment depression in leads {leads}, most marked in {best} with {height}.",
                "The ST segments are depressed in {leads} (maximum {height} in {best}).",
            ],
            &values,
        ));
    }
    if let Some(found) = changed(facts, Finding::TInversion, &facts.inverted) {
        let values = found.values(voice);
        said.push(voice.say(
            &[
                "T waves are inverted in {leads}.",
                "T wave inversion is present in leads {leads}.",
                "There are negative T waves in {leads}.",
                "Inverted T waves are seen in {leads}.",
            ],
            &values,
        ));
    }
    if let Some(found) = changed(facts, Finding::PathologicalQ, &facts.with_q) {
        let values = found.values(voice);
        said.push(voice.say(
            &[
                "Pathological Q waves are present in {leads}.",
                "There are pathological Q waves in leads {leads}.",
                "Q waves of pathological size are seen in {leads}.",
            ],
            &values,
        ));
    }
    said.extend(nothing(facts, voice));
    said
}

/// What is not there, where that is sure.
fn nothing(facts: &Facts, voice: &mut Voice) -> Option<String> {
    let t_is_fine = facts.t_is_unremarkable;
    let upright = leads(&facts.upright_t);
    match (facts.st_is_unremarkable, t_is_fine) {
        (true, true) if voice.chooses(0.5) => Some(voice.say(
            &[
                "There is no significant ST elevation or depression and no T wave inversion.",
                "ST segments are isoelectric and there are no inverted T waves.",
                "No ST-T abnormalities are seen.",
                "ST segments and T waves are unremarkable.",
            ],
            &[],
        )),
        (true, true) if facts.upright_t.len() >= 3 => Some(voice.say(
            &[
                "There is no ST deviation, and T waves are upright in {leads}.",
                "ST segments are isoelectric with upright T waves in {leads}.",
            ],
            &[("leads", upright)],
        )),
        (true, _) => {
            Some(voice.say(&["There is no significant ST elevation or depression.", "No ST deviation is seen."], &[]))
        }
        (false, true) => voice.chooses(0.4).then(|| voice.say(&["No T wave inversion is seen."], &[])),
        (false, false) => None,
    }
}

/// What changed in which leads.
struct Changed {
    leads: Vec<Lead>,
    best: Sign,
}

impl Changed {
    fn values(&self, voice: &Voice) -> [(&'static str, String); 3] {
        [("leads", leads(&self.leads)), ("best", self.best.lead.to_string()), ("height", voice.height(self.best.mv))]
    }
}

/// The leads that show it, if it was found on a wall at all.
fn changed(facts: &Facts, finding: fn(Wall) -> Finding, signs: &[Sign]) -> Option<Changed> {
    let is_found = Wall::ALL.into_iter().any(|wall| facts.has(finding(wall)));
    let best = signs.iter().max_by(|a, b| a.mv.abs().total_cmp(&b.mv.abs())).filter(|_| is_found)?;
    Some(Changed { leads: signs.iter().map(|sign| sign.lead.clone()).collect(), best: best.clone() })
}
