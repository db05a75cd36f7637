"""How text is made: the worker, its engine process, and the choice of a model."""
