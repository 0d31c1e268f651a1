import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            x = pb_utils.get_input_tensor_by_name(request, "x")
            outputs = [pb_utils.Tensor("x", x.as_numpy())]
            if "parameters" in request.requested_output_names():
                text = np.array([request.parameters().encode()], dtype=np.object_)
                outputs.append(pb_utils.Tensor("parameters", text))
            answers.append(pb_utils.InferenceResponse(outputs))
        return answers
