//! How good the measurements are: scores against the reference annotations that come with public databases.
//!
//! In go reference annotations and what a detector said, out come counts, error statistics and tables. No I/O, no
//! clock: whoever has the files reads them.
//!
//! Beats are scored after ANSI/AAMI EC57 as the WFDB program `bxb` does: a window of 150 ms, the first five minutes
//! not counted, no false beats inside ventricular flutter and fibrillation, one detection for one beat. [`beats`] scores
//! a record on the pairs of [`pairing`], [`matrix`] holds the counts by class, [`line_format`] prints them as `bxb -l` and
//! `sumstats` do, [`short_intervals`] looks at ten seconds at a time, [`summary`] takes all records together and
//! [`bootstrap`] says how sure that is.
//!
//! [`delineation`] scores the onsets, peaks and ends of waves (LUDB, QTDB), [`intervals`] the PR, QRS and QT intervals
//! that follow from them. [`rows`] and [`detections`] read what other programs found.
//!
//! [`diagnoses`] of readings and criteria are scored against the statements of a recording.
//!
//! [`alarms`] are scored against [`episodes`], and as the [`challenge`] of 2015 did.

pub mod alarms;
pub mod beat_class;
pub mod beats;
pub mod bootstrap;
pub mod challenge;
pub mod delineation;
pub mod detections;
pub mod diagnoses;
pub mod episodes;
pub mod intervals;
pub mod line_format;
pub mod matrix;
pub mod pairing;
pub mod rows;
pub mod short_intervals;
pub mod statistics;
pub mod summary;
