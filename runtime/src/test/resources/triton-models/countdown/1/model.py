import threading
import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.begun = 0
        self.cancelled = 0

    def execute(self, requests):
        for request in requests:
            self.begun += 1
            count = int(pb_utils.get_input_tensor_by_name(request, "count").as_numpy()[0])
            pause = pb_utils.get_input_tensor_by_name(request, "pause_ms")
            pause = 0 if pause is None else int(pause.as_numpy()[0])
            sender = request.get_response_sender()
            threading.Thread(target=self.run, args=(sender, count, pause), daemon=True).start()

    def run(self, sender, count, pause):
        # An error that left the thread would leave the client waiting.
        try:
            self.answer(sender, count, pause)
        except Exception as error:
            sender.send(
                pb_utils.InferenceResponse(error=pb_utils.TritonError(str(error))),
                flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL,
            )

    def answer(self, sender, count, pause):
        if count < 0:
            raise ValueError("cannot count down from %d" % count)
        for left in range(count, 0, -1):
            time.sleep(pause / 1000)
            if sender.is_cancelled():
                self.cancelled += 1
                break
            sender.send(
                pb_utils.InferenceResponse(
                    [
                        pb_utils.Tensor("left", np.array([left], np.int32)),
                        pb_utils.Tensor("begun", np.array([self.begun], np.int32)),
                        pb_utils.Tensor("cancelled", np.array([self.cancelled], np.int32)),
                    ]
                )
            )
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
