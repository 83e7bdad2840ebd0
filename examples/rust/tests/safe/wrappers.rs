//! The plain wrappers, one assertion or two each.
use crate::{dataset, labels, network};
use lottery::{Context, Dataset, Dead, Form, InstructionSet, Kept, Mask, Scale, Scheme, State, Statistics, Status};

#[test]
fn contexts() {
    let context = Context::new().unwrap();
    assert_ne!(context.instruction_set(), Ok(InstructionSet::Automatic));
    context.set_instruction_set(InstructionSet::Portable).unwrap();
    assert_eq!(context.instruction_set(), Ok(InstructionSet::Portable));
    assert!(context.describe().unwrap().contains(lottery::version()));
    assert!(format!("{:?}", context).contains(lottery::version()));
    let (bytes, peak) = context.memory().unwrap();
    assert!(bytes <= peak);
    let _network = network(&context);
    assert!(context.memory().unwrap().0 > bytes);
}

#[test]
fn networks() {
    let network = network(&Context::new().unwrap());
    assert_eq!(network.tensor_count(), Ok(4));
    assert_eq!(network.tensor_name(2).unwrap(), "fc2.weight");
    assert_eq!((network.tensor_find("fc2.weight"), network.tensor_shape(2)), (Ok(2), Ok(vec![3, 6])));
    assert_eq!((network.tensor_prunable(2), network.tensor_prunable(3)), (Ok(true), Ok(false)));
    assert_eq!(network.tensor_form(2).unwrap().0, Form::Dense);
    network.write_tensor(3, &[1.0, 2.0, 3.0]).unwrap();
    assert_eq!(network.read_tensor(3), Ok(vec![1.0, 2.0, 3.0]));
    network.initialise(Scheme::GlorotNormal, 7).unwrap();
    assert_eq!(network.read_tensor(3), Ok(vec![0.0; 3]));
    let snapshot = network.snapshot().unwrap();
    assert_eq!((snapshot.contents(), snapshot.tensor_count()), (Ok(State::WEIGHTS), Ok(4)));
    assert_eq!((snapshot.tensor_name(1).unwrap(), snapshot.tensor_shape(1)), ("fc1.bias".to_string(), Ok(vec![6])));
    assert!(State::ALL.contains(State::WEIGHTS | State::POSITION) && !State::WEIGHTS.contains(State::ALL));
}

#[test]
fn masks() {
    let network = network(&Context::new().unwrap());
    let ones = Mask::ones(&network).unwrap();
    let half = ones.replace(0, &[1, 0].repeat(12)).unwrap();
    assert_eq!((half.tensor_count(), half.tensor_name(1).unwrap()), (Ok(2), "fc2.weight".to_string()));
    assert_eq!(half.read(0), Ok([1, 0].repeat(12)));
    assert_eq!(half.kept(), Ok(Kept { kept: 30, total: 42 }));
    assert_eq!(half.tensor_kept(0).unwrap().density(), 0.5);
    assert_eq!(half.tensor_dead(0), Ok(Dead { units: 0, inputs: 2 }));
    assert_eq!(half.replace(1, &[0; 18]).unwrap().tensor_dead(1), Ok(Dead { units: 3, inputs: 6 }));
    let other = half.complement().unwrap();
    assert_eq!(other.kept().unwrap().kept, 12);
    assert_eq!(half.intersect(&other).unwrap().kept().unwrap().kept, 0);
    assert_eq!(half.unite(&other).unwrap().hamming(&ones), Ok(0));
    assert_eq!(ones.subtract(&half).unwrap().hamming(&other), Ok(0));
    assert_eq!(half.jaccard(&ones), Ok(30.0 / 42.0));
    let shuffled = half.shuffle(3).unwrap();
    assert_eq!(shuffled.kept(), half.kept());
    assert_ne!(shuffled.hamming(&half), Ok(0));
    network.set_mask(Some(&half)).unwrap();
    assert_eq!(network.mask().unwrap().hamming(&half), Ok(0));
}

#[test]
fn datasets() {
    let context = Context::new().unwrap();
    let data = dataset(&context);
    assert_eq!((data.len(), data.features(), data.classes(), data.shape()), (Ok(32), Ok(4), Ok(3), Ok(vec![4])));
    assert_eq!(data.read_labels(0, 32), Ok(labels()));
    assert_eq!(data.read_inputs(1, 2).unwrap(), crate::inputs()[4..12]);
    let (first, second) = data.split(20, 9).unwrap();
    assert_eq!((first.len(), second.len()), (Ok(20), Ok(12)));
    let picked = data.subset(&[31, 0, 31]).unwrap();
    assert_eq!(picked.read_labels(0, 3), Ok(vec![1, 0, 1]));
    assert_eq!(picked.relabel(2, &[1, 0, 0]).unwrap().read_labels(0, 3), Ok(vec![0, 1, 0]));
    let mut shuffled = data.shuffle_labels(4).unwrap().read_labels(0, 32).unwrap();
    assert_ne!(shuffled, labels());
    shuffled.sort_unstable();
    assert_eq!(shuffled.iter().filter(|&&label| label == 0).count(), 11);
    let normal = data.normalise(&data.statistics(4).unwrap()).unwrap().statistics(4).unwrap();
    assert!(normal.mean.iter().all(|mean| mean.abs() < 1e-6), "{:?}", normal);
    assert!(normal.deviation.iter().all(|deviation| (deviation - 1.0).abs() < 1e-6), "{:?}", normal);
    let scaled = Dataset::copy(&context, &[1, 2, 2], &[0_u8, 2, 4, 6], Scale { scale: 0.5, shift: 1.0 }).unwrap();
    assert_eq!(scaled.shape(), Ok(vec![1, 2, 2]));
    assert_eq!(scaled.read_inputs(0, 1), Ok(vec![1.0, 2.0, 3.0, 4.0]));
    let Statistics { mean, .. } = scaled.statistics(1).unwrap();
    assert_eq!(mean, [2.5]);
    let aimed = data.with_targets(2, &crate::inputs()[..64]).unwrap();
    assert_eq!((aimed.target_width(), aimed.classes(), data.target_width()), (Ok(2), Ok(3), Ok(0)));
    assert_eq!(aimed.subset(&[4, 3]).unwrap().read_targets(1, 1).unwrap(), crate::inputs()[6..8]);
    assert_eq!(data.read_targets(0, 1).unwrap_err().status(), Status::State);
    assert_eq!(aimed.read_targets(31, 2).unwrap_err().status(), Status::Argument);
    assert_eq!(scaled.with_targets(2, &[1.0, 2.0]).unwrap().classes(), Ok(0));
}
