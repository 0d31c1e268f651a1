import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.sums = {}

    def execute(self, requests):
        answers = []
        for request in requests:
            x = pb_utils.get_input_tensor_by_name(request, "x").as_numpy()
            start = pb_utils.get_input_tensor_by_name(request, "START").as_numpy().flat[0]
            sequence = int(pb_utils.get_input_tensor_by_name(request, "CORRID").as_numpy().flat[0])
            total = int(x.flat[0]) + (0 if start else self.sums.get(sequence, 0))
            self.sums[sequence] = total
            answer = pb_utils.Tensor("sum", np.array([[total]], np.int32))
            answers.append(pb_utils.InferenceResponse([answer]))
        return answers
