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
    patient::{Conduction, NoiseLevels, PatientSettings},
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
            ConductionName::Paced => Conduction::Paced,
        },
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
mod tests {
    use std::error::Error;

    use super::*;
    use crate::rhythm::{Rhythm, Step};

    const BED: &str = r#"
[[bed]]
stream_id = "a"
seed = 1
script = [{ rhythm = "sinus", rate_bpm = 70, for_s = 20 }, { rhythm = "asystole", for_s = 10 }]
"#;

    /// The whole chain of causes in one line, as a program prints it.
    fn error(text: &str) -> String {
        let error = Ward::from_toml(text).expect_err("not a scenario");
        let mut chain = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            chain = format!("{chain}: {cause}");
            source = cause.source();
        }
        chain
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let ward = Ward::from_toml(BED).unwrap();
        assert_eq!((ward.chunk_ms, ward.beds.len()), (100, 1));
        let bed = &ward.beds[0];
        assert_eq!((bed.patient.rate_hz, bed.leads.len(), bed.patient.noise), (500.0, 12, NoiseLevels::default()));
        assert_eq!(bed.patient.script.steps()[1], Step { rhythm: Rhythm::Asystole, seconds: 10.0 });
    }

    #[test]
    fn every_error_says_where() {
        let with = |line: &str| error(&format!("{BED}{line}\n"));
        let unknown = with("hart_rate = 70");
        assert!(unknown.contains("line 6") && unknown.contains("hart_rate"), "{unknown}");
        assert!(error(&BED.replace("asystole", "asistole")).contains("asistole"));
        assert!(error(&BED.replace("rate_bpm = 70, ", "")).contains("script step 1: sinus needs rate_bpm"));
        assert!(error(&BED.replace("for_s = 10", "for_s = 10, rate_bpm = 1")).contains("asystole takes no rate_bpm"));
        assert!(error(&BED.replace("= 70", "= 700")).contains("bed 1 (\"a\"): script: rate_bpm of sinus is 700"));
        assert!(error(&BED.replace("\"a\"", "\"\\n\"")).contains("control characters"));
        assert!(with("rate_hz = 50").contains("patient: sampling rate is 50 Hz"));
        assert!(with("muscle_mv = nan").contains("noise level is NaN mV"));
        assert!(with("leads = ['II', 'V9']").contains("leads names the lead \"V9\""));
        assert!(with("leads = ['II', 'ii']").contains("names a lead twice"));
        assert!(with("silence = [{ from_s = 5, to_s = 5 }]").contains("silence: from 5 s to 5 s"));
        assert!(with("lead_off = [{ leads = [], from_s = 5, to_s = 6 }]").contains("lead_off is empty"));
        assert!(with("start_after_s = -1").contains("start_after_s is -1"));
        let hum = "disturbance = [{ kind = 'mains', electrode = 'N', level_mv = 0.1, from_s = 1, to_s = 2 }]";
        let st = "condition = [{ kind = 'st-elevation', territory = 'inferior', level_mv = 3, from_s = 20 }]";
        assert!(with(st).contains("patient: level_mv of st-elevation is 3; give 0.02 to 1"));
        assert!(with("condition = [{ kind = 'st-elevation', level_mv = 0.2 }]").contains("needs territory"));
        assert!(with("condition = [{ kind = 't-inversion', times = 2 }]").contains("takes no times"));
        assert!(
            with("condition = [{ kind = 't-inversion', from_s = 5, to_s = 4 }]").contains("to_s of t-inversion is 4")
        );
        assert!(with(hum).contains("the electrode \"N\""));
        assert!(error(&format!("{BED}{BED}")).contains("bed 2 (\"a\"): stream_id is also that of bed 1"));
        assert!(error("").contains("0 beds"));
        assert!(error(&format!("chunk_ms = 0\n{BED}")).contains("chunk_ms is 0"));
    }

    #[test]
    fn a_bed_has_the_line_of_the_ward_unless_it_has_its_own() {
        let other = BED.replace("\"a\"", "\"b\"");
        let text = format!("line = {{ lost = 0.01 }}\n{BED}{other}line = {{ late = 0.1, late_s = 2 }}\n");
        let ward = Ward::from_toml(&text).unwrap();
        let faults = |bed: usize| (ward.beds[bed].line.lost, ward.beds[bed].line.late);
        assert_eq!((faults(0), faults(1)), ((0.01, 0.0), (0.0, 0.1)));
        assert!(error(&text.replace("0.01", "2")).contains("bed 1 (\"a\"): line: lost is 2; give 0 to 1"));
    }

    #[test]
    fn an_endless_text_is_refused() {
        assert!(error(&"#".repeat(MAX_FILE_BYTES as usize + 1)).contains("more than 4194304 bytes"));
    }

    #[test]
    fn the_shipped_scenarios_read() {
        let shipped = [("ward", 6), ("asystole", 1), ("icu", 8), ("rhythms", 36), ("conditions", 12), ("line", 4)];
        for (name, beds) in shipped {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("toml");
            assert_eq!(Ward::from_file(&path).unwrap().beds.len(), beds);
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Ward::from_file(Path::new("no/such/ward.toml")).expect_err("no file").to_string();
        assert_eq!(error, "cannot read the scenario no/such/ward.toml");
    }
}
