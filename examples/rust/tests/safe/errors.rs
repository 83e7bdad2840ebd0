//! Every status has its name here, and errors carry the library's message.
use crate::{dataset, inputs, labels, network, trainer, Counting};
use lottery::{
    option, Batch, Context, Dataset, Error, InstructionSet, Mask, Network, Pruner, Scale, Slot, State, Statistics,
    Status,
};
use std::collections::HashSet;
use std::path::Path;

#[test]
fn every_status_of_the_header_is_known() {
    let header = include_str!("../../../../include/lottery.h");
    let mut seen = HashSet::new();
    for line in header.lines().filter(|line| line.trim_start().starts_with("LOTTERY_ERROR_")) {
        let (name, rest) = line.trim().split_once(" = ").unwrap();
        let number = rest.split(|c: char| c != '-' && !c.is_ascii_digit()).next().unwrap().parse().unwrap();
        let status = Status::from_raw(number);
        assert!(!matches!(status, Status::Unknown(_)), "{}", name);
        assert_eq!((status.name(), status.to_raw()), (name, number));
        assert!(seen.insert(status));
    }
    assert!(seen.len() >= 10, "{:?}", seen);
    let unknown = Status::from_raw(-1234);
    assert_eq!((unknown, unknown.name()), (Status::Unknown(-1234), "unknown status"));
}

fn status<T>(result: lottery::Result<T>, status: Status, words: &[&str]) {
    let error = result.err().expect("an error");
    assert_eq!(error.status(), status, "{}", error);
    for word in words {
        assert!(error.message().contains(word), "no {:?} in {}", word, error);
    }
    assert_eq!(error.to_string(), format!("{}: {}", status.name(), error.message()));
}

#[test]
fn the_librarys_errors_come_with_its_message() {
    let context = Context::new().unwrap();
    assert_eq!(context.message().unwrap(), "");
    let (network, dataset) = (network(&context), dataset(&context));
    let ones = Mask::ones(&network).unwrap();

    status(Network::preset(&context, "nothing"), Status::Argument, &["name", "nothing"]);
    let unfinished = Network::create(&context).unwrap();
    status(unfinished.sizes(), Status::State, &["network"]);
    status(network.write_tensor(0, &[0.0; 23]), Status::Shape, &["count", "23", "24"]);
    status(network.write_tensor(0, &[f32::NAN; 24]), Status::NotFinite, &["0"]);
    status(network.check_mask(Some(&ones.complement().unwrap())), Status::Mask, &["fc1.weight"]);
    status(ones.read(9), Status::Argument, &["tensor", "9"]);
    status(dataset.subset(&[0, 32]), Status::Argument, &["32"]);
    status(dataset.read_inputs(30, 3), Status::Argument, &[]);
    status(dataset.read_labels(usize::MAX, 2), Status::Argument, &[]);
    status(dataset.statistics(3), Status::Argument, &["groups"]);
    status(network.snapshot().unwrap().read(0, Slot::First), Status::State, &[]);
    let absent = if cfg!(target_arch = "aarch64") { InstructionSet::Avx2 } else { InstructionSet::Neon };
    status(context.set_instruction_set(absent), Status::Unsupported, &[]);

    let missing = Path::new("/nowhere/images");
    status(Dataset::load_idx(&context, missing, None), Status::File, &["images: cannot open /nowhere/images"]);
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    status(Dataset::load_idx(&context, &text, Some(&text)), Status::Format, &["images", "Cargo.toml"]);
    assert!(context.message().unwrap().contains("Cargo.toml"));

    static ALLOCATOR: Counting = Counting::allowing(i64::MAX);
    let small = Context::with_allocator(&ALLOCATOR).unwrap();
    ALLOCATOR.left.store(0, std::sync::atomic::Ordering::SeqCst);
    status(Pruner::new(&small), Status::Memory, &["bytes"]);
    let none = Context::with_allocator(&ALLOCATOR).unwrap_err();
    assert_eq!((none.status(), none.to_string()), (Status::Memory, "LOTTERY_ERROR_MEMORY".to_string()));
    let as_error: &dyn std::error::Error = &none;
    assert!(as_error.source().is_none());
}

#[test]
fn lengths_are_checked_where_c_has_none() {
    let context = Context::new().unwrap();
    let (network, dataset) = (network(&context), dataset(&context));
    let shape = |result: Result<(), Error>, words: &[&str]| status(result, Status::Shape, words);
    shape(network.predict(&[0.0; 7], &mut [0.0; 3]), &["inputs: 7", "4"]);
    shape(network.predict(&[0.0; 8], &mut [0.0; 5]), &["outputs: 5", "6"]);
    status(network.predict(&[], &mut []), Status::Argument, &["count"]);
    shape(dataset.with_targets(2, &[0.0; 63]).map(drop), &["targets: 63", "64"]);
    shape(dataset.with_labels(3, &labels()[1..]).map(drop), &["count", "31", "32"]);
    shape(Dataset::copy(&context, &[3], &inputs(), Scale::NONE).map(drop), &["inputs: 128", "[3]"]);
    shape(Dataset::copy(&context, &[usize::MAX, 2], &inputs(), Scale::NONE).map(drop), &["inputs: 128"]);
    status(Dataset::copy::<f32>(&context, &[3], &[], Scale::NONE), Status::Argument, &["count"]);
    let statistics = Statistics { mean: vec![0.0; 4], deviation: vec![1.0; 3] };
    shape(dataset.normalise(&statistics).map(drop), &["deviation: 3", "4"]);

    let mut trainer = trainer(&context, &dataset);
    let inputs = inputs();
    let batch = Batch { inputs: &inputs[..8], labels: Some(&[0, 1]), targets: None };
    let loss = trainer.step(&batch).unwrap();
    assert_eq!(trainer.last_loss(), Ok(loss));
    shape(trainer.step(&Batch { inputs: &inputs[..9], ..batch }).map(drop), &["inputs: 9"]);
    shape(trainer.step(&Batch { labels: Some(&[0]), ..batch }).map(drop), &["labels: 1", "2"]);
    shape(trainer.gradient(Some(&Batch { targets: Some(&[0.0; 5]), ..batch })).map(drop), &["targets: 5", "6"]);
    shape(trainer.step(&Batch { labels: None, ..batch }).map(drop), &["labels: NULL"]);
    status(trainer.gradient(Some(&Batch::default())), Status::Argument, &["count"]);
    shape(trainer.forward(&inputs[..8], &mut [0.0; 7]), &["outputs: 7", "6"]);
    trainer.forward(&inputs[..8], &mut [0.0; 6]).unwrap();
    shape(trainer.backward(&[0.0; 4]), &["4"]);
    status(trainer.backward(&[0.0; 3]), Status::Argument, &["count"]);
    trainer.gradient(Some(&batch)).unwrap();
    shape(trainer.read_gradient(&mut [0.0; 3]), &["count: 3"]);
    shape(trainer.write_gradient(&[0.0; 3]), &["count: 3"]);

    status(network.tensor_find("fc1\0"), Status::Argument, &["name: has a zero at byte 3"]);
    status(Dataset::load_idx(&context, "a\0b", None), Status::Argument, &["images", "byte 1"]);
}

#[test]
fn what_did_not_match_is_listed() {
    let context = Context::new().unwrap();
    let network = network(&context);
    let other = Network::preset(&context, "mlp-4-6-5").unwrap();
    let (mask, unmatched) = Mask::ones(&network).unwrap().transfer(&other).unwrap();
    assert_eq!(mask.tensor_shape(1), Ok(vec![5, 6]));
    assert!(unmatched.unwrap().contains("fc2.weight"));
    assert!(other.restore(&network.snapshot().unwrap()).unwrap().unwrap().contains("fc2.bias"));
    assert_eq!(Mask::ones(&other).unwrap().transfer(&other).unwrap().1, None);
}

#[test]
fn a_masks_messages_are_in_its_own_context() {
    let (here, there) = (Context::new().unwrap(), Context::new().unwrap());
    let mask = Mask::ones(&network(&there)).unwrap();
    let network = network(&here);
    network.set_mask(Some(&mask)).unwrap();
    status(network.mask().unwrap().read(7), Status::Argument, &["tensor", "7"]);
    status(network.copy().unwrap().mask().unwrap().read(6), Status::Argument, &["tensor", "6"]);
    assert_eq!(here.message().unwrap(), "");
    let dataset = dataset(&here);
    let mut trainer = trainer(&here, &dataset);
    trainer.rewind(None, Some(&mask), State::NONE).unwrap();
    status(trainer.network().mask().unwrap().read(8), Status::Argument, &["tensor", "8"]);
    trainer.network().set_mask(None).unwrap();
    assert!(!there.message().unwrap().contains('9'));
    status(trainer.network().mask().unwrap().read(9), Status::Argument, &["tensor", "9"]);
    assert!(here.message().unwrap().contains('9'));
    let mut pruner = Pruner::new(&here).unwrap();
    status(pruner.set(option::pruner::RATE, 2.0), Status::Argument, &["rate", "2"]);
    let (network, total) = (trainer.network(), mask.kept().unwrap().total);
    let mut scores = vec![0.0; total];
    scores[1] = f32::NAN;
    status(pruner.apply_scores(network, None, &scores), Status::NotFinite, &["scores: fc1.weight element 1"]);
    status(pruner.apply_scores(network, None, &scores[1..]), Status::Shape, &["count: ", "prunable tensors have"]);
}
