"""What is done before every example of the gallery."""

import multiprocessing


def spawn_processes(gallery_conf, fname):
    """Let an example start processes in one of joblib's workers.

    The start method of these is known to joblib alone, and inherited by processes that
    do not import it.
    """
    multiprocessing.set_start_method("spawn", force=True)
