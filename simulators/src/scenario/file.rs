//! Scenario files: TOML, checked key by key.
//!
//! In: the text of a file from anywhere. Out: a [`Ward`] in which nothing can fail later, or an error with the place.

use std::{fs::File, io::Read, path::Path};

use serde::Deserialize;

use super::{
    Bed, BedError, LeadOff, ScenarioError, Spell, Ward, condition::ConditionTable, disturbance::DisturbanceTable,
    line::LineTable, step::StepTable,
};
use crate::{
    lead::Lead,
    patient::{Anatomy, Conduction, NoiseLevels, PatientSettings},
    rhythm::{Afterwards, Script},
};

/// No ward of [`Ward::MAX_BEDS`] needs more.
const MAX_FILE_BYTES: u64 = 4 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WardTable {
    #[serde(default = "default_chunk_ms")]
    chunk_ms: u32,
    /// Of all beds that have none of their own.
    #[serde(default)]
    line: LineTable,
    #[serde(default)]
    bed: Vec<BedTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BedTable {
    stream_id: String,
    seed: u64,
    #[serde(default = "default_rate_hz")]
    rate_hz: f64,
    wander_mv: Option<f64>,
    muscle_mv: Option<f64>,
    #[serde(default)]
    conduction: ConductionName,
    leads: Option<Vec<String>>,
    #[serde(default)]
    start_after_s: f64,
    #[serde(default)]
    afterwards: AfterwardsName,
    script: Vec<StepTable>,
    #[serde(default)]
    lead_off: Vec<LeadOffTable>,
    #[serde(default)]
    silence: Vec<SpellTable>,
    #[serde(default)]
    condition: Vec<ConditionTable>,
    #[serde(default)]
    disturbance: Vec<DisturbanceTable>,
    line: Option<LineTable>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AfterwardsName {
    #[default]
    Hold,
    Repeat,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ConductionName {
    #[default]
    Normal,
    LeftBundleBranchBlock,
    RightBundleBranchBlock,
    LeftAnteriorFascicularBlock,
    LeftPosteriorFascicularBlock,
    BifascicularBlock,
    Paced,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeadOffTable {
    leads: Vec<String>,
    from_s: f64,
    to_s: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpellTable {
    from_s: f64,
    to_s: f64,
}

fn default_chunk_ms() -> u32 {
    Ward::DEFAULT_CHUNK_MS
}

fn default_rate_hz() -> f64 {
    500.0
}

impl Ward {
    /// Reads a scenario file.
    pub fn from_file(path: &Path) -> Result<Ward, ScenarioError> {
        let read = |source| ScenarioError::Read { path: path.to_owned(), source };
        let mut text = String::new();
        File::open(path).map_err(read)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(read)?;
        Ward::from_toml(&text).map_err(|source| ScenarioError::File { path: path.to_owned(), source: Box::new(source) })
    }

    /// Reads the text of a scenario file.
    pub fn from_toml(text: &str) -> Result<Ward, ScenarioError> {
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(ScenarioError::TooLarge { max_bytes: MAX_FILE_BYTES });
        }
        let table: WardTable = toml::from_str(text).map_err(|error| ScenarioError::Toml(Box::new(error)))?;
        if !(Ward::MIN_CHUNK_MS..=Ward::MAX_CHUNK_MS).contains(&table.chunk_ms) {
            return Err(ScenarioError::ChunkLength { chunk_ms: table.chunk_ms });
        }
        if !(1..=Ward::MAX_BEDS).contains(&table.bed.len()) {
            return Err(ScenarioError::Beds { beds: table.bed.len() });
        }
        let mut beds: Vec<Bed> = Vec::with_capacity(table.bed.len());
        for (index, bed) in table.bed.into_iter().enumerate() {
            let stream_id = bed.stream_id.clone();
            let checked = match beds.iter().position(|other| other.stream_id == stream_id) {
                Some(other) => Err(BedError::StreamIdTwice { other: other + 1 }),
                None => checked_bed(bed, &table.line),
            };
            beds.push(checked.map_err(|source| ScenarioError::Bed { bed: index + 1, stream_id, source })?);
        }
        Ok(Ward { chunk_ms: table.chunk_ms, beds })
    }
}

fn checked_bed(table: BedTable, line: &LineTable) -> Result<Bed, BedError> {
    let id = &table.stream_id;
    if id.is_empty() || id.len() > Ward::MAX_STREAM_ID_BYTES || id.chars().any(char::is_control) {
        return Err(BedError::StreamId);
    }
    if !(0.0..=Spell::MAX_S).contains(&table.start_after_s) {
        return Err(BedError::Start { start_after_s: table.start_after_s });
    }
    let steps = table.script.iter().enumerate().map(|(index, step)| step.checked(index + 1));
    let afterwards = match table.afterwards {
        AfterwardsName::Hold => Afterwards::Hold,
        AfterwardsName::Repeat => Afterwards::Repeat,
    };
    let script = Script::new(steps.collect::<Result<_, _>>()?, afterwards).map_err(BedError::Script)?;
    let disturbances = table.disturbance.iter().map(DisturbanceTable::checked).collect::<Result<Vec<_>, _>>()?.concat();
    let quiet = NoiseLevels::default();
    let patient = PatientSettings {
        seed: table.seed,
        rate_hz: table.rate_hz,
        script,
        noise: NoiseLevels {
            wander_mv: table.wander_mv.unwrap_or(quiet.wander_mv),
            muscle_mv: table.muscle_mv.unwrap_or(quiet.muscle_mv),
        },
        conduction: match table.conduction {
            ConductionName::Normal => Conduction::Normal,
            ConductionName::LeftBundleBranchBlock => Conduction::LeftBundleBranchBlock,
            ConductionName::RightBundleBranchBlock => Conduction::RightBundleBranchBlock,
            ConductionName::LeftAnteriorFascicularBlock => Conduction::LeftAnteriorFascicularBlock,
            ConductionName::LeftPosteriorFascicularBlock => Conduction::LeftPosteriorFascicularBlock,
            ConductionName::BifascicularBlock => Conduction::BifascicularBlock,
            ConductionName::Paced => Conduction::Paced,
        },
        anatomy: Anatomy::default(),
        conditions: table.condition.iter().map(ConditionTable::checked).collect::<Result<_, _>>()?,
        disturbances,
    };
    patient.check().map_err(BedError::Patient)?;
    let leads = table.leads.map_or_else(|| Ok(Lead::ALL.to_vec()), |names| checked_leads("leads", &names))?;
    let lead_off = table.lead_off.iter().map(|off| {
        let spell = checked_spell("lead_off", off.from_s, off.to_s)?;
        Ok(LeadOff { leads: checked_leads("lead_off", &off.leads)?, spell })
    });
    let lead_off = lead_off.collect::<Result<_, BedError>>()?;
    let silence = table.silence.iter().map(|spell| checked_spell("silence", spell.from_s, spell.to_s));
    let silence = silence.collect::<Result<_, _>>()?;
    let line = table.line.as_ref().unwrap_or(line).checked()?;
    Ok(Bed { stream_id: table.stream_id, patient, leads, start_after_s: table.start_after_s, lead_off, silence, line })
}

fn checked_leads(key: &'static str, names: &[String]) -> Result<Vec<Lead>, BedError> {
    let mut leads = Vec::new();
    for name in names {
        let lead = Lead::from_name(name).ok_or_else(|| BedError::UnknownLead { key, name: name.clone() })?;
        if leads.contains(&lead) {
            return Err(BedError::LeadList { key });
        }
        leads.push(lead);
    }
    if leads.is_empty() { Err(BedError::LeadList { key }) } else { Ok(leads) }
}

pub(super) fn checked_spell(key: &'static str, from_s: f64, to_s: f64) -> Result<Spell, BedError> {
    let possible = from_s >= 0.0 && to_s > from_s && to_s - from_s <= Spell::MAX_S;
    if possible { Ok(Spell { from_s, to_s }) } else { Err(BedError::Spell { key, from_s, to_s }) }
}

#[cfg(test)]
mod tests;
