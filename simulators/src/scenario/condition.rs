//! One condition of a patient, as a scenario file writes it.

use serde::Deserialize;

use super::BedError;
use crate::patient::{Condition, ConditionKind, Territory};

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindName {
    StElevation,
    StDepression,
    TInversion,
    TerritorialTInversion,
    OldInfarction,
    Hyperkalaemia,
    LongQt,
    LeftVentricularHypertrophy,
    Amplitude,
    WolffParkinsonWhite,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TerritoryName {
    Anterior,
    Lateral,
    Inferior,
    Posterior,
}

/// The table of one condition.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionTable {
    kind: KindName,
    territory: Option<TerritoryName>,
    level_mv: Option<f64>,
    times: Option<f64>,
    #[serde(default)]
    from_s: f64,
    to_s: Option<f64>,
    #[serde(default)]
    ramp_s: f64,
}

impl ConditionTable {
    /// The condition, if it has every key its kind needs and no other.
    pub(super) fn checked(&self) -> Result<Condition, BedError> {
        let is_of_a_wall = matches!(
            self.kind,
            KindName::StElevation | KindName::StDepression | KindName::TerritorialTInversion | KindName::OldInfarction
        );
        let has_times = matches!(self.kind, KindName::LongQt | KindName::Amplitude);
        for (key, needed, given) in [
            ("territory", is_of_a_wall, self.territory.is_some()),
            ("level_mv", is_of_a_wall, self.level_mv.is_some()),
            ("times", has_times, self.times.is_some()),
        ] {
            if needed && !given {
                return Err(BedError::ConditionNeeds { key });
            }
            if given && !needed {
                return Err(BedError::ConditionTakesNo { key });
            }
        }
        let territory = match self.territory {
            Some(TerritoryName::Anterior) | None => Territory::Anterior,
            Some(TerritoryName::Lateral) => Territory::Lateral,
            Some(TerritoryName::Inferior) => Territory::Inferior,
            Some(TerritoryName::Posterior) => Territory::Posterior,
        };
        let (level_mv, times) = (self.level_mv.unwrap_or(f64::NAN), self.times.unwrap_or(f64::NAN));
        let kind = match self.kind {
            KindName::StElevation => ConditionKind::StElevation { territory, level_mv },
            KindName::StDepression => ConditionKind::StDepression { territory, level_mv },
            KindName::TInversion => ConditionKind::TInversion,
            KindName::TerritorialTInversion => ConditionKind::TerritorialTInversion { territory, level_mv },
            KindName::OldInfarction => ConditionKind::OldInfarction { territory, level_mv },
            KindName::Hyperkalaemia => ConditionKind::Hyperkalaemia,
            KindName::LongQt => ConditionKind::LongQt { times },
            KindName::LeftVentricularHypertrophy => ConditionKind::LeftVentricularHypertrophy,
            KindName::Amplitude => ConditionKind::Amplitude { times },
            KindName::WolffParkinsonWhite => ConditionKind::WolffParkinsonWhite,
        };
        Ok(Condition { kind, from_s: self.from_s, to_s: self.to_s.unwrap_or(f64::INFINITY), ramp_s: self.ramp_s })
    }
}
