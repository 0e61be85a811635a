//! RR intervals that are long for this patient, closed or still open.

use super::LongInterval;
use super::beat_log::BeatLog;
use crate::ecg::Time;

/// Long is an interval of at least this many times the mean of those before it.
const LONG_TIMES: f64 = 1.5;

/// The interval that the latest beat has ended, if it was long.
pub(super) fn closed(log: &BeatLog) -> Option<LongInterval> {
    let mut latest = log.latest();
    let (beat, before) = (latest.next()?, latest.next()?);
    long(before.at, beat.at, before.is_ventricular(), log.mean_interval_s(1)?)
}

/// The interval since the latest beat, if it is long by `now`.
pub(super) fn open(log: &BeatLog, now: Time) -> Option<LongInterval> {
    let last = log.latest().next()?;
    long(last.at, now, last.is_ventricular(), log.mean_interval_s(0)?)
}

fn long(from: Time, to: Time, compensatory: bool, mean_s: f64) -> Option<LongInterval> {
    let times_mean = to.seconds_since(from) / mean_s;
    (times_mean >= LONG_TIMES).then_some(LongInterval { from, to, times_mean, compensatory })
}

#[cfg(test)]
mod tests {
    use super::super::ClassedBeat;
    use super::*;
    use crate::beats::BeatClass;

    fn log(beats: &[(f64, BeatClass)]) -> BeatLog {
        let mut log = BeatLog::default();
        for (seconds, class) in beats {
            let at = Time::from_nanos((seconds * 1e9) as i64);
            log.push(ClassedBeat { at, class: *class, shape: None, own: true, width_ms: None, p_wave: None });
        }
        log
    }

    #[test]
    fn a_long_interval_is_measured_by_those_before_it() {
        let mut beats: Vec<_> = (0..8).map(|n| (f64::from(n) * 0.8, BeatClass::Normal)).collect();
        assert_eq!(closed(&log(&beats)), None);
        beats.push((5.6 + 1.6, BeatClass::Normal));
        let found = closed(&log(&beats)).unwrap();
        assert!((found.times_mean - 2.0).abs() < 1e-6 && !found.compensatory);
        let now = Time::from_nanos(9_000_000_000);
        assert!(open(&log(&beats), now).is_some_and(|open| open.to == now && open.times_mean > 1.9));
    }

    #[test]
    fn a_pause_after_a_ventricular_beat_compensates() {
        let mut beats: Vec<_> = (0..8).map(|n| (f64::from(n) * 0.8, BeatClass::Normal)).collect();
        beats.extend([(6.0, BeatClass::Ventricular), (7.3, BeatClass::Normal)]);
        assert!(closed(&log(&beats)).unwrap().compensatory);
    }
}
