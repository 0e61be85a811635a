//! Nothing lost, nothing twice: real gemwatch processes on a real Kafka cluster, while processes, brokers and disks fail.
//!
//! Each run draws its patients, its kind of fault and the moments of the faults from a seed, which it prints. A checker holds
//! the alerts that were published against those of a monitor that nothing disturbs.
//!
//! Settings, by environment: `GEMWATCH_CHAOS_RUNS` (default: one of each of the quick kinds), `GEMWATCH_CHAOS_SEED` (the first one,
//! default 1), `GEMWATCH_CHAOS_PARALLEL` (runs at once, default 3), `GEMWATCH_CHAOS_KINDS` (names separated by commas),
//! `GEMWATCH_CHAOS_BROKERS` (default 3), `GEMWATCH_CHAOS_REHEAR_S` (`kafka.rehear_s` of the processes, default 120),
//! `GEMWATCH_CHAOS_SESSION_MS` (`session.timeout.ms` of the processes, default 6000),
//! `GEMWATCH_CHAOS_NAMES` (whether the processes have a `kafka.instance`: true or false; else each run draws it),
//! `GEMWATCH_CHAOS_REPORT` (a file that gets one JSON line a run), `GEMWATCH_BIN` (the program; default: the one of this build).
//! `tests/chaos/long.sh` does 200 runs.
//!
//! Every difference fails the test. The patients are watched for 100 s, so by default a bed hears all of its past again. A bed
//! that hears less may find another onset, and what counts over a minute counts anew: with less than 100 s only an alarm of high
//! priority of which nothing was said fails the test.

#[path = "program/bedside.rs"]
mod bedside;
#[path = "chaos/checker.rs"]
mod checker;
#[path = "chaos/cluster.rs"]
mod cluster;
#[path = "chaos/faults.rs"]
mod faults;
#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "chaos/patients.rs"]
mod patients;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of one program")]
mod program;
#[path = "chaos/run.rs"]
mod run;
#[path = "chaos/worker.rs"]
mod worker;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use cluster::Cluster;
use faults::Kind;
use run::Outcome;
use tokio::sync::Semaphore;

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} = {text:?}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_fault_costs_an_alarm() {
    let Some(cluster) = Cluster::start(setting("GEMWATCH_CHAOS_BROKERS", 3)).await else { return };
    let cluster = Arc::new(cluster);
    let kinds: Vec<Kind> = match std::env::var("GEMWATCH_CHAOS_KINDS") {
        Ok(names) => names.split(',').map(|name| name.parse().unwrap()).collect(),
        Err(_) if std::env::var_os("GEMWATCH_CHAOS_RUNS").is_some() => Kind::ALL.to_vec(),
        Err(_) => Kind::QUICK.to_vec(),
    };
    let kinds: Vec<Kind> = kinds.into_iter().filter(|kind| cluster.can(*kind)).collect();
    let first: u64 = setting("GEMWATCH_CHAOS_SEED", 1);
    let runs = setting("GEMWATCH_CHAOS_RUNS", kinds.len() as u64);
    let places = Arc::new(Semaphore::new(setting("GEMWATCH_CHAOS_PARALLEL", 3)));
    let mut report = std::env::var_os("GEMWATCH_CHAOS_REPORT").map(|path| std::fs::File::create(path).unwrap());

    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..runs {
        let (seed, kind) = (first + number, kinds[(number % kinds.len() as u64) as usize]);
        let (cluster, places) = (Arc::clone(&cluster), Arc::clone(&places));
        tasks.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            run::run(&cluster, kind, seed).await
        });
    }
    let (mut outcomes, mut broken) = (Vec::new(), 0);
    while let Some(outcome) = tasks.join_next().await {
        let Ok(outcome) = outcome else {
            broken += 1;
            continue;
        };
        println!("{outcome}");
        if let Some(report) = &mut report {
            writeln!(report, "{}", outcome.json()).unwrap();
        }
        outcomes.push(outcome);
    }
    println!("\n{}", summary(&outcomes));
    let wrong = |is_wrong: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is_wrong(outcome)).count();
    assert_eq!(wrong(|outcome| !outcome.never_said.is_empty()), 0, "of {runs} runs so many lost an alarm, see above");
    if setting("GEMWATCH_CHAOS_REHEAR_S", 120.0) >= patients::SECONDS {
        assert_eq!(wrong(|outcome| !outcome.verdict.is_right()), 0, "of {runs} runs so many were wrong, see above");
    }
    assert_eq!(broken, 0, "of {runs} runs so many broke off, see above");
    assert!(outcomes.iter().map(|outcome| outcome.expected).sum::<usize>() > outcomes.len(), "hardly an alarm was due");
}

/// A table of the runs of each kind.
fn summary(outcomes: &[Outcome]) -> String {
    let mut kinds: BTreeMap<Kind, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        kinds.entry(outcome.kind).or_default().push(outcome);
    }
    let mut table = "| fault | runs | alerts due | lost | extra | different | out of order | repeated | delay p50 s | p99 s | most s |\n\
                     | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for (kind, outcomes) in kinds {
        let sum = |count: fn(&Outcome) -> usize| outcomes.iter().map(|outcome| count(outcome)).sum::<usize>();
        let mut delays_s: Vec<f64> = outcomes.iter().flat_map(|outcome| outcome.delays_s.iter().copied()).collect();
        delays_s.sort_by(f64::total_cmp);
        let quantile = |share: f64| {
            let last = delays_s.len().saturating_sub(1) as f64;
            delays_s.get((share * last).round() as usize).copied().unwrap_or(f64::NAN)
        };
        let _ = writeln!(
            table,
            "| {kind} | {} | {} | {} | {} | {} | {} | {} | {:.2} | {:.2} | {:.2} |",
            outcomes.len(),
            sum(|outcome| outcome.expected),
            sum(|outcome| outcome.verdict.lost.len()),
            sum(|outcome| outcome.verdict.extra.len()),
            sum(|outcome| outcome.verdict.different.len()),
            sum(|outcome| outcome.verdict.out_of_order.len()),
            sum(|outcome| outcome.verdict.repeated),
            quantile(0.5),
            quantile(0.99),
            quantile(1.0),
        );
    }
    table
}
