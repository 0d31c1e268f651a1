import time

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            wanted = pb_utils.get_input_tensor_by_name(request, "ms").as_numpy()
            time.sleep(int(wanted.flat[0]) / 1000)
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("ms", wanted)]))
        return answers
