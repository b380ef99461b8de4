//! Runs the models.

macro_rules! models {
    ($($model:ident),* $(,)?) => { $(
        #[test]
        fn $model() {
            loom::model(interleavings::$model);
        }
    )* };
}

models!(
    a_closed_life_stays_closed,
    counts_come_back,
    one_request_ejects,
    one_request_tries,
    the_successor_lives,
    trials_end,
);
