//! Typed keys against the library's own table, and their values there and back.
use crate::network;
use lottery::{option, raw, Amount, Context, Criterion, Loss, Network, Optimiser, Pruner, Scope, Status, Trainer};

#[test]
fn each_option_of_the_library_has_a_key_of_its_type() {
    let mut table: Vec<(i32, i32)> = option::table().unwrap().iter().map(|line| (line.key, line.kind)).collect();
    let mut keys = option::keys();
    table.sort_unstable();
    keys.sort_unstable();
    assert_eq!(keys, table);
}

#[test]
fn the_table_describes() {
    let table = option::table().unwrap();
    let rate = table.iter().find(|line| line.key == raw::LOTTERY_TRAINER_LEARNING_RATE).unwrap();
    assert_eq!((rate.name, rate.initial, rate.handle), ("learning_rate", 0.0012, raw::LOTTERY_HANDLE_TRAINER));
    assert!(!rate.meaning.is_empty() && rate.minimum == 0.0 && rate.maximum == 1e6);
    let key = option::trainer::OPTIMISER.to_raw();
    assert_eq!(option::choice_name(key, Optimiser::Adam.to_raw().into()), Ok("adam"));
    assert_eq!(option::choice_name(key, 99).unwrap_err().status(), Status::Argument);
}

#[test]
fn values_go_there_and_back() {
    use option::{network as n, node, pruner as p, trainer as t};
    let context = Context::new().unwrap();
    let mut trainer = Trainer::new(network(&context), None, 1).unwrap();
    assert_eq!(trainer.get(t::OPTIMISER), Ok(Optimiser::Adam));
    trainer.set(t::OPTIMISER, Optimiser::Sgd).unwrap();
    assert_eq!(trainer.get(t::OPTIMISER), Ok(Optimiser::Sgd));
    trainer.set(t::LOSS, Loss::MeanSquaredError).unwrap();
    assert_eq!(trainer.get(t::LOSS), Ok(Loss::MeanSquaredError));
    trainer.set(t::NESTEROV, true).unwrap();
    assert_eq!((trainer.get(t::NESTEROV), trainer.get(t::DECAY_BIASES)), (Ok(true), Ok(false)));
    trainer.set(t::BATCH_SIZE, 7).unwrap();
    assert_eq!(trainer.get(t::BATCH_SIZE), Ok(7));
    assert_eq!(trainer.get(t::MILESTONES), Ok(vec![]));
    trainer.set(t::MILESTONES, vec![10.0, 20.0, 30.0]).unwrap();
    assert_eq!(trainer.get(t::MILESTONES), Ok(vec![10.0, 20.0, 30.0]));
    trainer.set(t::LEARNING_RATE, 0.5).unwrap();
    assert_eq!((trainer.get(t::LEARNING_RATE), trainer.rate()), (Ok(0.5), Ok(0.5)));

    let mut pruner = Pruner::new(&context).unwrap();
    pruner.set(p::CRITERION, Criterion::Random).unwrap();
    pruner.set(p::SCOPE, Scope::Global).unwrap();
    assert_eq!((pruner.get(p::CRITERION), pruner.get(p::SCOPE)), (Ok(Criterion::Random), Ok(Scope::Global)));
    assert_eq!(pruner.get(p::COUNT).unwrap_err().status(), Status::State);
    assert_eq!(pruner.amount(), Ok(Amount::Rate));
    pruner.set(p::COUNT, 3).unwrap();
    assert_eq!(pruner.amount(), Ok(Amount::Count));
    pruner.set(p::DENSITY, 0.5).unwrap();
    assert_eq!((pruner.amount(), pruner.tensor_rates()), (Ok(Amount::Density), Ok(vec![])));

    trainer.network().set(n::CROSSOVER, 0.25).unwrap();
    assert_eq!(trainer.network().get(n::CROSSOVER), Ok(0.25));

    let network = Network::create(&context).unwrap();
    let input = network.input(&[1, 2, 3]).unwrap();
    let layer = network.dense(input, 5).unwrap();
    assert_eq!(network.get_node(layer, node::BIAS), Ok(true));
    network.set_node(layer, node::BIAS, false).unwrap();
    assert_eq!(network.get_node(layer, node::BIAS), Ok(false));
}
