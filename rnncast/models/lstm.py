"""Long short-term memory: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000."""

from rnncast.models.base import Recurrent, RecurrentStack, Size, lstm_layer


class LSTM(Recurrent):
    """Keeps a memory cell that gates write to, erase and read.

    i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)        write
    f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)        keep
    g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)           candidate
    o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)        read
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(c_t)

    The memory passes from step to step by a product with f_t alone, so gradients live as long as f_t
    stays near 1: the forget bias starts at 1 (Jozefowicz et al. 2015).
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stack = RecurrentStack(lstm_layer, size)
