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
    trainers[3].write_gradient(&[0.0; 51]).unwrap();
    for (tensor, part) in [&packed[..24], &packed[24..30], &packed[30..48], &packed[48..]].into_iter().enumerate() {
        trainers[3].write_tensor_gradient(tensor, part).unwrap();
    }
    trainers[3].apply().unwrap();
    for (a, b) in weights(trainers[3].network()).iter().zip(weights(trainers[2].network())) {
        assert!((a - b).abs() < 1e-5, "{} and {}", a, b);
    }
}

#[test]
fn a_training_is_carried_over_by_its_parts() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let mut trainer = trainer(&context, &dataset);
    let mask = Mask::ones(trainer.network()).unwrap().shuffle(1).unwrap().replace(0, &[1, 0].repeat(12)).unwrap();
    trainer.network().set_mask(Some(&mask)).unwrap();
    trainer.run(7).unwrap();
    let mut other = Trainer::new(trainer.network().copy().unwrap(), None, 0).unwrap();
    assert_eq!((other.optimiser_steps(), trainer.optimiser_steps()), (Ok(0), Ok(7)));
    other.set_optimiser_steps(7).unwrap();
    for tensor in 0..4 {
        for slot in [Slot::First, Slot::Second] {
            let values = trainer.read_optimiser(tensor, slot).unwrap();
            assert!(values.iter().any(|&value| value != 0.0));
            other.write_optimiser(tensor, slot, &values).unwrap();
            assert_eq!(other.read_optimiser(tensor, slot), Ok(values));
        }
    }
    for _ in 0..5 {
        let batch = dataset.subset(&trainer.batch(0).unwrap()).unwrap();
        let (inputs, labels) = (batch.read_inputs(0, 8).unwrap(), batch.read_labels(0, 8).unwrap());
        other.step(&Batch { inputs: &inputs, labels: Some(&labels), targets: None }).unwrap();
        trainer.run(1).unwrap();
    }
    assert_eq!(weights(other.network()), weights(trainer.network()));
    assert_eq!(other.network().mask().unwrap().hamming(&mask), Ok(0));
    trainer.run(1).unwrap();
    assert_ne!(weights(other.network()), weights(trainer.network()));
}

#[test]
fn batches_are_an_epoch() {
    let context = Context::new().unwrap();
    let mut trainer = trainer(&context, &dataset(&context));
    trainer.set(lottery::option::trainer::BATCH_SIZE, 5).unwrap();
    assert_eq!(trainer.epoch_batches(), Ok(7));
    let batches: Vec<_> = (0..7).map(|ahead| trainer.batch(ahead).unwrap()).collect();
    assert_eq!((batches[0].len(), batches[6].len()), (5, 2));
    let mut all = batches.concat();
    assert_ne!(all, trainer.batch(7).unwrap());
    all.sort_unstable();
    assert_eq!(all, (0..32).collect::<Vec<_>>());
    assert_eq!(trainer.batch(u64::MAX).unwrap_err().status(), Status::Argument);
    let without = Trainer::new(trainer.into_network(), None, 1).unwrap();
    assert_eq!(without.epoch_batches().unwrap_err().status(), Status::State);
    assert_eq!(without.batch(0).unwrap_err().status(), Status::State);
}

#[test]
fn a_gradient_reaches_the_inputs() {
    let context = Context::new().unwrap();
    let network = Network::preset(&context, "mlp-4-3").unwrap();
    network.initialise(Scheme::GlorotNormal, 1).unwrap();
    let weight = network.read_tensor(0).unwrap();
    let mut trainer = Trainer::new(network, None, 1).unwrap();
    trainer.forward(&inputs()[..8], &mut [0.0; 6]).unwrap();
    assert_eq!(trainer.backward_inputs(&[0.0; 6], &mut [0.0; 7]).unwrap_err().status(), Status::Shape);
    let mut gradient = [0.0; 8];
    trainer.backward_inputs(&[1.0, 0.0, 0.0, 0.0, 0.0, 2.0], &mut gradient).unwrap();
    assert_eq!(gradient[..4], weight[..4]);
    assert!((0..4).all(|i| gradient[4 + i] == 2.0 * weight[8 + i]));
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
    assert_eq!(pruner.tensor_rates(), Ok(vec![("fc1.weight".to_string(), 0.5)]));
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
    assert_eq!(network.output().unwrap_err().status(), Status::State);
    assert_eq!(network.copy().err().unwrap().status(), Status::State);
    let partly = network.nodes().unwrap();
    assert!(partly.iter().all(|info| info.tensors.is_empty()));
    network.finish(output).unwrap();
    let nodes = network.nodes().unwrap();
    let kinds: Vec<_> = nodes.iter().map(|info| info.kind).collect();
    assert_eq!(kinds, ["input", "dense", "tanh", "dense", "sigmoid", "relu", "add", "dense"]);
    assert_eq!((network.output(), nodes.len(), partly.len()), (Ok(output), 8, 8));
    assert_eq!((nodes[1].node, &nodes[1].inputs, &nodes[1].shape), (first, &vec![input], &vec![4]));
    assert_eq!((nodes[6].node, &nodes[6].inputs), (skip, &vec![nodes[4].node, nodes[5].node]));
    assert_eq!((&nodes[7].attributes, &nodes[7].tensors), (&vec![("units", 3.0)], &vec![4, 5]));
    assert!(nodes[0].inputs.is_empty() && nodes[0].attributes.is_empty() && nodes[2].tensors.is_empty());
    assert_eq!(network.sizes(), Ok((4, 3)));
    network.initialise(Scheme::KaimingUniform, 1).unwrap();
    let mut trainer = Trainer::new(network, Some(&dataset(&context)), 1).unwrap();
    trainer.run(5).unwrap();
    assert_eq!(Mask::ones(trainer.network()).unwrap().kept().unwrap().total, 16 + 16 + 12);
}
