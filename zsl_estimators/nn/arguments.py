"""Modules that tell what they were made with."""


class KnowsArguments:
    """Base of modules that tell the arguments that they were made with.

    So they can be made again without pickle; stands left of :class:`torch.nn.Module`.

    Attributes
    ----------
    arguments : tuple
        Positional arguments and a dict of those that were named.
    """

    def __new__(cls, *positional, **named):
        module = super().__new__(cls)
        module.__dict__["arguments"] = positional, named
        return module
