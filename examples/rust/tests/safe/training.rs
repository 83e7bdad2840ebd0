//! Training through the safe layer is the library's: its parts give what the whole gives.
use crate::{dataset, inputs, labels, trainer, weights};
use lottery::{Batch, Context, Mask, Network, Pruner, Scheme, Slot, State, Status, Trainer};

#[test]
fn training_learns_and_a_rewind_repeats_it() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let mut trainer = trainer(&context, &dataset);
    let initial = trainer.snapshot(State::ALL).unwrap();
    let before = trainer.evaluate(&dataset).unwrap();
    trainer.run(60).unwrap();
    let (after, trained) = (trainer.evaluate(&dataset).unwrap(), weights(trainer.network()));
    assert!(after.loss < before.loss, "{:?} after {:?}", after, before);
    trainer.rewind(Some(&initial), None, State::ALL).unwrap();
    assert_eq!((trainer.iteration(), trainer.evaluate(&dataset)), (Ok(0), Ok(before)));
    trainer.run(60).unwrap();
    assert_eq!(weights(trainer.network()), trained);
}

#[test]
fn the_parts_of_an_iteration_make_the_whole() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let mut trainers: Vec<_> = (0..4).map(|_| trainer(&context, &dataset)).collect();
    trainers[0].run(1).unwrap();
    trainers[1].gradient(None).unwrap();
    trainers[1].apply().unwrap();
    assert_eq!(weights(trainers[1].network()), weights(trainers[0].network()));

    let (inputs, labels) = (inputs(), labels());
    let batch = Batch { inputs: &inputs[..32], labels: Some(&labels[..8]), targets: None };
    assert_eq!(trainers[2].last_loss().unwrap_err().status(), Status::State);
    let loss = trainers[2].step(&batch).unwrap();
    assert_eq!(trainers[2].last_loss(), Ok(loss));
    // The same by hand: the gradient of softmax cross-entropy to the outputs.
    let mut outputs = [0.0; 24];
    trainers[3].forward(batch.inputs, &mut outputs).unwrap();
    let (mut by_hand, mut gradient) = (0.0, Vec::new());
    for (row, &label) in outputs.chunks(3).zip(&labels) {
        let sum: f64 = row.iter().map(|&z| (z as f64).exp()).sum();
        by_hand += (sum.ln() - row[label as usize] as f64) / 8.0;
        let part = |(i, &z): (usize, &f32)| ((z as f64).exp() / sum - (i as i32 == label) as i32 as f64) / 8.0;
        gradient.extend(row.iter().enumerate().map(part).map(|value| value as f32));
    }
    assert!((loss - by_hand).abs() < 1e-6, "{} by hand {}", loss, by_hand);
    trainers[3].backward(&gradient).unwrap();
    let mut packed = vec![0.0; trainers[3].gradient_count().unwrap()];
    assert_eq!(packed.len(), 4 * 6 + 6 + 6 * 3 + 3);
    trainers[3].read_gradient(&mut packed).unwrap();
    assert_eq!(trainers[3].read_tensor_gradient(0).unwrap(), packed[..24]);
    trainers[3].write_gradient(&packed).unwrap();
    trainers[3].apply().unwrap();
    for (a, b) in weights(trainers[3].network()).iter().zip(weights(trainers[2].network())) {
        assert!((a - b).abs() < 1e-5, "{} and {}", a, b);
    }
}

#[test]
fn predictions_are_what_evaluation_counts() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let mut trainer = trainer(&context, &dataset);
    trainer.run(100).unwrap();
    let mut outputs = vec![0.0; 96];
    trainer.network().predict(&inputs(), &mut outputs).unwrap();
    let largest = |row: &[f32]| (0..3).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as i32;
    let right = outputs.chunks(3).zip(labels()).filter(|(row, label)| largest(row) == *label).count();
    assert_eq!(trainer.evaluate(&dataset).unwrap().correct, right);
}

#[test]
fn a_ticket_keeps_its_mask() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let mut trainer = trainer(&context, &dataset);
    let initial = trainer.snapshot(State::ALL).unwrap();
    let mut pruner = Pruner::new(&context).unwrap();
    pruner.set_tensor_rate("fc1.weight", 0.5).unwrap();
    trainer.run(20).unwrap();
    let preview = pruner.preview(trainer.network(), None).unwrap();
    let mask = pruner.apply(trainer.network(), None).unwrap();
    assert_eq!((preview[0].kept, preview[0].vanishing), (12, 0));
    assert_eq!(mask.tensor_kept(0).unwrap().kept, 12);
    trainer.rewind(Some(&initial), Some(&mask), State::ALL).unwrap();
    trainer.run(20).unwrap();
    trainer.network().check_mask(None).unwrap();
    let snapshot = trainer.snapshot(State::ALL).unwrap();
    let (weight, kept) = (snapshot.read(0, Slot::Weight).unwrap(), mask.read(0).unwrap());
    assert_eq!(weight, trainer.network().read_tensor(0).unwrap());
    assert!(weight.iter().zip(&kept).all(|(w, k)| *k == 1 || *w == 0.0));
    assert!(snapshot.read(0, Slot::Second).unwrap().iter().zip(&kept).all(|(v, k)| *k == 1 || *v == 0.0));
    assert_eq!((snapshot.iteration(), snapshot.contents()), (Ok(20), Ok(State::ALL)));
}

#[test]
fn scores_rank_in_place_of_the_criterion() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let trainer = trainer(&context, &dataset);
    let (network, pruner) = (trainer.network(), Pruner::new(&context).unwrap());
    let ones = network.mask().unwrap();
    let mut scores = Vec::new();
    for tensor in 0..ones.tensor_count().unwrap() {
        // Prunable tensors are the weights, which alternate with the biases.
        scores.extend(network.read_tensor(2 * tensor).unwrap().iter().map(|w| w.abs()));
    }
    let by_scores = pruner.apply_scores(network, None, &scores).unwrap();
    assert_eq!(by_scores.hamming(&pruner.apply(network, Some(&ones)).unwrap()), Ok(0));
}

#[test]
fn a_graph_is_built_node_by_node() {
    let context = Context::new().unwrap();
    let network = Network::create(&context).unwrap();
    let input = network.input(&[4]).unwrap();
    let first = network.dense(input, 4).unwrap();
    let hidden = network.tanh(first).unwrap();
    let second = network.dense(hidden, 4).unwrap();
    let skip = network.add(network.sigmoid(second).unwrap(), network.relu(input).unwrap()).unwrap();
    let output = network.dense(skip, 3).unwrap();
    assert_eq!(network.node_shape(skip), Ok(vec![4]));
    network.finish(output).unwrap();
    assert_eq!(network.sizes(), Ok((4, 3)));
    network.initialise(Scheme::KaimingUniform, 1).unwrap();
    let mut trainer = Trainer::new(network, Some(&dataset(&context)), 1).unwrap();
    trainer.run(5).unwrap();
    assert_eq!(Mask::ones(trainer.network()).unwrap().kept().unwrap().total, 16 + 16 + 12);
}
